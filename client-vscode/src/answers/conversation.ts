// One conversation about a piece of code: questions, and answers while they are written. Knows nothing of VS Code.

export interface Subject {
  readonly uri: string;
  readonly range: { readonly start: Point; readonly end: Point };
  /** "review" asks for a review instead of an answer. */
  readonly task?: 'review';
}

export interface Point {
  readonly line: number;
  readonly character: number;
}

export interface Turn {
  readonly question: string;
  readonly subject: Subject;
  text: string;
  state: 'asking' | 'done' | 'stopped' | 'failed';
  /** What is being done now, what went wrong, or who answered. */
  note: string;
}

/** `tierwise/answer`. */
export interface Delta {
  readonly id: string;
  readonly delta: string;
  readonly done: boolean;
}

const REMEMBERED = 6_000;

/**
 * The turns of a conversation. One is answered at a time; the pieces that arrive meanwhile are its own, since the server
 * sends all pieces of an answer before it answers the request.
 */
export class Conversation {
  readonly turns: Turn[] = [];

  get running(): Turn | undefined {
    const last = this.turns.at(-1);
    return last?.state === 'asking' ? last : undefined;
  }

  begin(subject: Subject, question: string): Turn {
    const turn: Turn = { question, subject, text: '', state: 'asking', note: '' };
    this.turns.push(turn);
    return turn;
  }

  /** Take a piece; false when nobody waits for one. */
  hear({ delta }: Delta): boolean {
    const turn = this.running;
    if (turn === undefined) {
      return false;
    }
    turn.text += delta;
    return true;
  }

  clear(): void {
    this.turns.length = 0;
  }
}

/** The question with what was said before: the server keeps no conversation. The oldest turns go first. */
export function withHistory(turns: readonly Turn[], question: string): string {
  const told: string[] = [];
  let length = 0;
  for (const turn of [...turns].reverse()) {
    if (turn.state !== 'done') {
      continue;
    }
    const entry = `Question: ${turn.question || 'Explain this code.'}\nAnswer: ${turn.text}`;
    length += entry.length;
    if (length > REMEMBERED) {
      break;
    }
    told.unshift(entry);
  }
  return told.length === 0 ? question : `Earlier in this conversation:\n\n${told.join('\n\n')}\n\nNow: ${question}`;
}

// What becomes of ghost text that was offered: taken in part, passed over, or grown into. Knows nothing of VS Code.
//
// VS Code tells an extension only that an item was taken as a whole (by running its command). The rest is read from the
// changes of the document: a change that brings more than one keystroke can, and that is the beginning of what was
// offered, is "accept word" or "accept line"; one that leads away from it, once it was on screen, is a rejection.

/** Ghost text, and where it starts to replace the document's text. */
export interface Offered<Item> {
  readonly item: Item;
  /** What it would put there. Line ends are "\n". */
  readonly text: string;
  /** Where it starts, as an offset. */
  readonly start: number;
}

export interface Change {
  /** Where the change stands, as an offset, and how much it takes away. */
  readonly offset: number;
  readonly removed: number;
  readonly inserted: string;
  /** The document's text between the start of what was offered and the end of the change, after the change. */
  readonly upTo: string;
  /** It came from undo or redo. */
  readonly again: boolean;
}

export type Event<Item> =
  | { readonly kind: 'shown'; readonly item: Item }
  | { readonly kind: 'partly'; readonly item: Item; readonly length: number }
  | { readonly kind: 'rejected'; readonly item: Item };

/** Follows one piece of ghost text at a time, the newest. */
export class Fate<Item> {
  private offer: Offered<Item> | undefined;
  private visible = false;
  private typed = 0;

  /** VS Code was given ghost text; `typed` characters of it stand before the cursor already. */
  offered(offer: Offered<Item>, typed: number): void {
    this.offer = offer;
    this.visible = false;
    this.typed = typed;
  }

  /** VS Code was given none. */
  nothing(): void {
    this.offer = undefined;
  }

  /** A moment has passed with nothing in its way: it was on screen. */
  shown(): Event<Item>[] {
    if (this.offer === undefined || this.visible) {
      return [];
    }
    this.visible = true;
    return [{ kind: 'shown', item: this.offer.item }];
  }

  /** Where it starts; undefined while nothing is offered. */
  get start(): number | undefined {
    return this.offer?.start;
  }

  /** The document changed. */
  changed(change: Change): Event<Item>[] {
    const { offer } = this;
    if (offer === undefined) {
      return [];
    }
    const upTo = plain(PAIR.test(change.inserted) ? change.upTo.slice(0, -1) : change.upTo);
    const follows = change.offset >= offer.start && !change.again && offer.text.startsWith(upTo);
    if (!follows || upTo.length < this.typed) {
      return this.end('rejected');
    }
    this.typed = upTo.length;
    if (upTo.length === offer.text.length) {
      this.offer = undefined; // taken as a whole, which its command says, or typed to its end
      return [];
    }
    return byHand(change.inserted) ? [] : [{ kind: 'partly', item: offer.item, length: upTo.length }];
  }

  /** The cursor went somewhere: the text between the start of what was offered and it; undefined: it is before that. */
  moved(upTo: string | undefined): Event<Item>[] {
    const stays = this.offer === undefined || (upTo !== undefined && plain(upTo).length === this.typed);
    return stays ? [] : this.end('rejected');
  }

  /** Its command has run. */
  accepted(): void {
    this.offer = undefined;
  }

  private end(kind: 'rejected'): Event<Item>[] {
    const { offer, visible } = this;
    this.offer = undefined;
    return offer !== undefined && visible ? [{ kind, item: offer.item }] : [];
  }
}

/** A bracket or quote that the editor closed by itself; the cursor stands within. */
const PAIR = /^(?:\(\)|\[\]|\{\}|""|''|``|<>)$/;

/** Whether one keystroke can have brought this: a character, a closed pair, a new line with its indentation. */
function byHand(inserted: string): boolean {
  return /^.?$/su.test(inserted) || PAIR.test(inserted) || /^(?:\r?\n[ \t]*|[ \t]+)$/.test(inserted);
}

function plain(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

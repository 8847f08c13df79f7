// When a server that ended by itself is started again. Knows nothing of VS Code.

const ENOUGH = 5;
const WINDOW_MS = 180_000;
const FIRST_DELAY_MS = 500;

/** Counts crashes: five within three minutes are enough, and each start after the first waits longer than the last. */
export class CrashPolicy {
  private recent: number[] = [];

  constructor(private readonly now: () => number) {}

  /** Note a crash; whether the server is to be started again. */
  mayRestart(): boolean {
    const now = this.now();
    this.recent = [...this.recent.filter((then) => now - then < WINDOW_MS), now];
    return this.recent.length < ENOUGH;
  }

  /** How long to wait before that start, in milliseconds: at once after one crash, then 0.5, 1, 2 seconds. */
  get delayMs(): number {
    const repeated = this.recent.length - 1;
    return repeated < 1 ? 0 : FIRST_DELAY_MS * 2 ** (repeated - 1);
  }

  /** Somebody took the matter in hand: crashes so far do not count any more. */
  reset(): void {
    this.recent = [];
  }
}

// Jobs one after the other, for what must never overlap. Knows nothing of VS Code.

/** A queue of jobs. Of those that wait, jobs of one name are one job: five requests to restart are one restart. */
export class Serial {
  private tail: Promise<unknown> = Promise.resolve();
  private readonly waiting = new Map<string, Promise<void>>();

  /** Run a job when those before it have ended, however they ended. */
  run(name: string, job: () => Promise<void>): Promise<void> {
    const found = this.waiting.get(name);
    if (found !== undefined) {
      return found;
    }
    const promise = this.tail.then(() => {
      this.waiting.delete(name);
      return job();
    });
    this.waiting.set(name, promise);
    this.tail = promise.catch(() => undefined);
    return promise;
  }
}

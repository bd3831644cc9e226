// @ts-check

/**
 * Keeps the stored text of a drawing that takes a while to pack.
 *
 * Its value can be read at any time: the text that was set until the first edit, then the latest
 * one that was packed.
 */
export class ValueKeeper {
  /** @type {any} */
  #value = "";
  #edited = false;
  /** @type {Promise<void> | null} */
  #running = null;
  #loads = 0;
  #pause;
  #write;
  #published;
  #failed;

  /**
   * @param {() => number} pause milliseconds to wait before packing
   * @param {() => Promise<string>} write packs the drawing as it is when called
   * @param {(value: string) => void} published told of each text that was packed
   * @param {(error: unknown) => void} failed
   */
  constructor(pause, write, published, failed) {
    this.#pause = pause;
    this.#write = write;
    this.#published = published;
    this.#failed = failed;
  }

  get value() {
    return this.#value;
  }

  /** @returns {boolean} whether the value is what the artist sees */
  get isCurrent() {
    return !this.#running;
  }

  /**
   * A text from outside. What is being packed belongs to the drawing before, so it is dropped.
   *
   * @param {any} value
   */
  set(value) {
    this.#loads++;
    this.#edited = false;
    this.#value = value;
  }

  /** The drawing has changed. */
  edited() {
    this.#edited = true;
    this.#running ??= this.#run();
  }

  /** Waits until everything is packed. */
  async settled() {
    while (this.#running) await this.#running;
  }

  async #run() {
    // One after another: edits meanwhile go into the next text, and no text overtakes a later one.
    while (this.#edited) {
      // Even the shortest pause lets the end of a stroke show first.
      await new Promise((resolve) => setTimeout(resolve, this.#pause()));
      if (!this.#edited) break;
      this.#edited = false;
      const loads = this.#loads;
      try {
        const value = await this.#write();
        if (loads !== this.#loads) continue;
        this.#value = value;
        this.#published(value);
      } catch (error) {
        if (loads === this.#loads) this.#failed(error);
      }
    }
    this.#running = null;
  }
}

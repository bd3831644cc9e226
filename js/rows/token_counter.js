// @ts-check

/**
 * @typedef {object} Answer `tokens` or `problem`
 * @property {[number, number, number]} [tokens] used, length of a chunk, chunks
 * @property {string[]} [notes] what was decided about the texts, with `tokens`
 * @property {string} [problem] what is wrong with the texts
 */

/** Milliseconds without typing. */
const PAUSE = 300;

/** Has a prompt counted once the artist stops typing. */
export class TokenCounter {
  /** @type {string | null} */
  #question = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #count;
  #show;

  /**
   * @param {(question: string) => Promise<Answer>} count
   * @param {(answer: Answer) => void} show
   */
  constructor(count, show) {
    this.#count = count;
    this.#show = show;
  }

  /** @param {string | null} question what is to be counted; null where that is not known */
  ask(question) {
    if (question === this.#question) return;
    this.#expect(question);
    if (question === null) this.#show({});
    else this.#timer = setTimeout(() => this.#run(question), PAUSE);
  }

  /**
   * @param {string | null} question
   * @param {Answer} answer which is known already
   */
  tell(question, answer) {
    this.#expect(question);
    this.#show(answer);
  }

  /** @param {string | null} question */
  #expect(question) {
    clearTimeout(this.#timer);
    this.#question = question;
  }

  /** @param {string} question */
  async #run(question) {
    /** @type {Answer} */
    let answer = {};
    try {
      answer = await this.#count(question);
    } catch {
      // Without the server there is no count; a run will tell.
    }
    if (question === this.#question) this.#show(answer);
  }
}

// @ts-check
/** Where somebody is in a session, in the address: the step and the tab. What a person chooses is a
    step of the browser's history; what comes by itself is not. */

/** @typedef {{ step: string, tab: string }} Place */

export class SessionAddress {
  /**
   * @param {string} base The session's own address.
   * @param {Place} place Where the page was opened.
   */
  constructor(base, place) {
    this.base = base;
    this.place = place;
    // The address itself stays: it may say which line of a log it is about.
    history.replaceState(place, "", location.href);
  }

  /**
   * @param {Place} place
   * @param {boolean} isChosen
   */
  show(place, isChosen) {
    const isElsewhere = place.step !== this.place.step || place.tab !== this.place.tab;
    this.place = place;
    const address = new URL(this.base, location.href);
    address.searchParams.set("step", place.step);
    address.searchParams.set("tab", place.tab);
    if (isChosen && isElsewhere) history.pushState(place, "", address);
    else history.replaceState(place, "", address);
  }

  /**
   * Where Back or Forward has led; null where it stays on the same step and tab.
   * @param {Place | null} state
   */
  returned(state) {
    // An entry without a state is a line of a log that was clicked.
    if (!state || (state.step === this.place.step && state.tab === this.place.tab)) return null;
    this.place = state;
    return state;
  }
}

/** As much of a page's layout as a list of rows needs: boxes one below the other, in a scroller. */
export class Box {
  children = [];
  style = {};
  own = 0;

  append(...boxes) {
    for (const box of boxes) {
      const added = box.isFragment ? box.children : [box];
      for (const child of added) child.parent = this;
      this.children.push(...added);
    }
  }

  replaceChildren(...boxes) {
    this.children = [];
    this.append(...boxes);
  }

  replaceWith(box) {
    box.parent = this.parent;
    this.parent.children[this.parent.children.indexOf(this)] = box;
  }

  remove() {
    this.parent.children.splice(this.parent.children.indexOf(this), 1);
  }

  contains() {
    return false;
  }

  get firstElementChild() {
    return this.children[0];
  }

  get childElementCount() {
    return this.children.length;
  }

  get offsetHeight() {
    const within = this.children.reduce((sum, child) => sum + child.offsetHeight, 0);
    return within + this.own + Number.parseFloat(this.style.height ?? "0");
  }

  /** Where it begins in all that the scroller holds. */
  get start() {
    if (!this.parent) return 0;
    const before = this.parent.children.slice(0, this.parent.children.indexOf(this));
    return this.parent.start + before.reduce((sum, child) => sum + child.offsetHeight, 0);
  }

  get scroller() {
    return this.parent ? this.parent.scroller : this;
  }

  getBoundingClientRect() {
    const top = this === this.scroller ? 0 : this.start - this.scroller.scrollTop;
    return { top, bottom: top + this.offsetHeight };
  }
}

export class Scroller extends Box {
  clientHeight = 400;
  at = 0;

  get scrollHeight() {
    return Math.max(this.offsetHeight, this.clientHeight);
  }

  get scrollTop() {
    this.at = Math.max(0, Math.min(this.at, this.scrollHeight - this.clientHeight));
    return this.at;
  }

  set scrollTop(top) {
    this.at = top;
  }
}

/** A row of so many pixels. */
export function row(height, text) {
  return Object.assign(new Box(), { own: height, text });
}

globalThis.document = {
  activeElement: null,
  createElement: () => new Box(),
  createDocumentFragment: () => Object.assign(new Box(), { isFragment: true }),
};

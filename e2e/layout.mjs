// What is wrong with how the page lies, as lists that should be empty. Each function runs in the page by itself.

/** What stands beyond the window's sides although nothing scrolls there. */
export function sideways() {
  const { scrollWidth, clientWidth } = document.documentElement;
  const found = scrollWidth > clientWidth ? [`the page is ${scrollWidth} px wide in ${clientWidth} px`] : [];
  for (const element of document.body.querySelectorAll('*')) {
    const { left, right, width } = element.getBoundingClientRect();
    if (width <= 1 || getComputedStyle(element).clipPath !== 'none' || !element.checkVisibility({ visibilityProperty: true })) continue;
    if (left >= -0.5 && right <= clientWidth + 0.5) continue;
    let scrolls = element.parentElement;
    while (scrolls && getComputedStyle(scrolls).overflowX === 'visible') scrolls = scrolls.parentElement;
    if (!scrolls || scrolls === document.documentElement) found.push(`${element.tagName} "${element.textContent.trim().slice(0, 40)}" from ${left} to ${right}`);
  }
  return found;
}

/** Texts and fields that stand on one another. */
export function overlaps() {
  const boxes = [];
  const add = (element, rects, what) => {
    for (const { left, right, top, bottom } of rects) {
      if (right - left > 1 && bottom - top > 1) boxes.push({ element, left, right, top, bottom, what });
    }
  };
  const hidden = (element) => !element.checkVisibility({ visibilityProperty: true }) || element.closest('.sr-only, thead, svg') ||
    getComputedStyle(element).clipPath !== 'none';
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text; (text = texts.nextNode());) {
    const element = text.parentElement;
    if (!text.textContent.trim() || hidden(element)) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    // A line's box is taller than its letters.
    add(element, [...range.getClientRects()].map(({ left, right, top, bottom }) => ({ left, right, top: top + 3, bottom: bottom - 3 })), text.textContent.trim().slice(0, 40));
  }
  for (const field of document.querySelectorAll('input:not([type=hidden]), select, textarea, button')) {
    if (!hidden(field)) add(field, [field.getBoundingClientRect()], field.name || field.getAttribute('aria-label') || field.textContent.trim());
  }
  const found = new Set();
  boxes.sort((a, b) => a.top - b.top);
  boxes.forEach((a, at) => {
    for (let next = at + 1; next < boxes.length && boxes[next].top < a.bottom; next++) {
      const b = boxes[next];
      const apart = a.right - 1 <= b.left || b.right - 1 <= a.left;
      if (apart || a.element.contains(b.element) || b.element.contains(a.element)) continue;
      found.add(`"${a.what}" and "${b.what}"`);
    }
  });
  return [...found];
}

/** What takes the focus but can't be brought into the window whole and uncovered. */
export function unreachable() {
  const found = [];
  for (const element of document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')) {
    if (element.disabled || !element.checkVisibility({ visibilityProperty: true })) continue;
    element.scrollIntoView({ block: 'center', inline: 'nearest' });
    const { left, right, top, bottom } = element.getBoundingClientRect();
    if (getComputedStyle(element).clipPath !== 'none') continue; // for screen readers, until it has the focus
    const what = `${element.tagName} "${(element.getAttribute('aria-label') ?? element.textContent).trim().slice(0, 40)}"`;
    if (left < -0.5 || right > innerWidth + 0.5) found.push(`${what} from ${left} to ${right}`);
    const hit = document.elementFromPoint((left + right) / 2, Math.min(Math.max((top + bottom) / 2, 1), innerHeight - 1));
    if (!hit || !(element.contains(hit) || hit.contains(element) || element.closest('label')?.contains(hit))) {
      found.push(`${what} is covered by ${hit?.tagName} "${hit?.textContent.trim().slice(0, 40)}"`);
    }
  }
  scrollTo(0, 0);
  return found;
}

/** Buttons, fields and cards that have neither an edge nor a line beneath when the browser chooses the colours. */
export function unbounded() {
  const found = [];
  const wanted = 'main :is(button, .bg-accent, .bg-danger, input, select, textarea, output, .shadow-card, .rcard, .chip, .fchip, .badge.warn, .badge.bad)';
  for (const element of document.querySelectorAll(wanted)) {
    const style = getComputedStyle(element);
    const { width } = element.getBoundingClientRect();
    if (width <= 1 || !element.checkVisibility({ visibilityProperty: true })) continue;
    const icon = getComputedStyle(element, '::before');
    const drawn = icon.maskImage !== 'none' && icon.backgroundColor !== 'rgba(0, 0, 0, 0)';
    if (parseFloat(style.borderBlockEndWidth) > 0 || (element.matches('button') && drawn)) continue;
    found.push(`${element.tagName} "${(element.getAttribute('aria-label') ?? element.textContent).trim().slice(0, 40)}"`);
  }
  return found;
}

/** Ids, keys, addresses and commands that the direction of the page would reorder. */
export function isolated() {
  const machine = /[0-9a-f]{8}-[0-9a-f]{4}-|\b[a-z][a-z0-9]*_(at|cs|rt|vk)_|\b\d{1,3}(\.\d{1,3}){3}\b|https?:\/\/|\bcurl [-h]|\b[a-z]+\.(read|write)\b/;
  const marked = /\u2066[^\u2069]*\u2069/g; // set apart within a text that can hold no element
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text; (text = texts.nextNode());) {
    if (!machine.test(text.textContent.replace(marked, ''))) continue;
    const own = text.parentElement.closest('[dir], bdi');
    if (own === document.documentElement) found.push(text.textContent.trim().slice(0, 60));
  }
  for (const element of document.querySelectorAll('main :is(code, pre, output, .mono)')) {
    if (getComputedStyle(element).direction !== 'ltr') found.push(`${element.tagName} "${element.textContent.trim().slice(0, 40)}"`);
  }
  return [...new Set(found)];
}

/**
 * Makes an element's inside what the newer one's is, changing no node that stays the same: focus, selection, what is
 * being read aloud and running animations are kept, which `innerHTML` would end. Elements with an id are moved, others
 * are compared in order: lists of the dashboard are short, so a better match is not worth its code.
 */
export function exchange(element: Element, newer: Element): void {
  let current = element.firstChild;
  for (const wanted of Array.from(newer.childNodes)) {
    const match = findMatch(current, wanted);
    if (match === null) {
      element.insertBefore(wanted, current);
      continue;
    }
    if (match === current) current = current.nextSibling;
    else element.insertBefore(match, current);
    exchangeNode(match, wanted);
  }
  while (current !== null) {
    const next = current.nextSibling;
    current.remove();
    current = next;
  }
}

/** The node of ours, from `current` on, that becomes the wanted one. */
function findMatch(current: ChildNode | null, wanted: ChildNode): ChildNode | null {
  if (current !== null && isSame(current, wanted)) return current;
  if (!(wanted instanceof Element) || wanted.id === '') return null;
  for (let node = current; node !== null; node = node.nextSibling) if (isSame(node, wanted)) return node;
  return null;
}

function isSame(one: ChildNode, other: ChildNode): boolean {
  if (one.nodeName !== other.nodeName) return false;
  return !(one instanceof Element) || !(other instanceof Element) || one.id === other.id;
}

function exchangeNode(node: ChildNode, wanted: ChildNode): void {
  if (node instanceof Element && wanted instanceof Element) {
    exchangeAttributes(node, wanted);
    exchange(node, wanted);
  } else if (node.nodeValue !== wanted.nodeValue) {
    node.nodeValue = wanted.nodeValue;
  }
}

function exchangeAttributes(element: Element, newer: Element): void {
  for (const { name } of Array.from(element.attributes)) {
    if (!newer.hasAttribute(name) && !isTheirs(element, name)) element.removeAttribute(name);
  }
  for (const { name, value } of newer.attributes) {
    if (element.getAttribute(name) !== value && !isTheirs(element, name)) element.setAttribute(name, value);
  }
}

/** Whoever reads the page opens and closes its parts. */
function isTheirs(element: Element, attribute: string): boolean {
  return attribute === 'open' && element instanceof HTMLDetailsElement;
}

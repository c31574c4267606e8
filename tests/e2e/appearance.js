// What a page looks like to those who need it otherwise: each check gives a list of problems.
(() => {
  const PRESSED = 'a[href], button, summary, input:not([type=hidden]), textarea, select';

  const visible = (element) => element.checkVisibility({ visibilityProperty: true });
  const hiddenFromEyes = (element) => element.closest('.govuk-visually-hidden') !== null;
  const offScreen = (element) => element.matches('.govuk-skip-link:not(:focus)');

  const pressed = () =>
    [...document.querySelectorAll(PRESSED)].filter(
      (element) => visible(element) && !hiddenFromEyes(element) && !offScreen(element),
    );

  const described = (element) => {
    const words = element.innerText?.trim() || element.id || element.getAttribute('class') || '';
    return `${element.localName} “${words.replace(/\s+/g, ' ').slice(0, 60)}”`;
  };

  // Numbers of a computed colour; Chromium gives rgb() and rgba() for those that we use.
  const channels = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const opacity = (colour) => channels(colour)[3] ?? 1;

  const backgroundBehind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (opacity(colour) > 0) return colour;
    }
    return 'rgb(255, 255, 255)';
  };

  // WCAG 2.2: relative luminance, and the contrast of two colours.
  const luminance = (colour) => {
    const [red, green, blue] = channels(colour).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (first, second) => {
    const [dark, light] = [luminance(first), luminance(second)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };

  const lineAround = (style) =>
    ['Top', 'Right', 'Bottom', 'Left'].every(
      (side) =>
        style[`border${side}Style`] !== 'none' &&
        parseFloat(style[`border${side}Width`]) >= 1 &&
        opacity(style[`border${side}Color`]) > 0,
    );

  const textRects = (element) => {
    const rects = [];
    const words = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    while (words.nextNode()) {
      const parent = words.currentNode.parentElement;
      if (words.currentNode.data.trim() === '' || !visible(parent) || hiddenFromEyes(parent))
        continue;
      if (parent.closest('.govuk-skip-link, noscript')) continue;
      const range = document.createRange();
      range.selectNodeContents(words.currentNode);
      rects.push(...range.getClientRects());
    }
    return rects.filter(({ width }) => width > 0);
  };

  // Words end inside of what they stand in, and nothing is wider than the screen.
  const cutWords = () => {
    const problems = [];
    const wide = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > wide) {
      const beyond = [...document.body.querySelectorAll('*')].filter(
        (element) => element.getBoundingClientRect().right > wide && visible(element),
      );
      const which = beyond.filter((element) => !beyond.includes(element.firstElementChild));
      problems.push(
        `${document.documentElement.scrollWidth} px wide: ${which.map(described).join(', ')}`,
      );
    }
    for (const { left, right } of textRects(document.body))
      if (left < -1 || right > wide + 1) problems.push(`words from ${left} to ${right} px`);
    for (const element of pressed()) {
      const box = element.getBoundingClientRect();
      if (getComputedStyle(element).display === 'inline') continue;
      for (const rect of textRects(element))
        if (rect.left < box.left - 1 || rect.right > box.right + 1)
          problems.push(`words beside ${described(element)}`);
    }
    for (const element of document.body.querySelectorAll('*')) {
      const { overflowX, overflowY } = getComputedStyle(element);
      if (!visible(element) || hiddenFromEyes(element) || offScreen(element)) continue;
      if (element.matches('svg *, textarea, input'))
        continue;
      const cut = ['hidden', 'clip'];
      if (
        (cut.includes(overflowX) && element.scrollWidth > element.clientWidth + 1) ||
        (cut.includes(overflowY) && element.scrollHeight > element.clientHeight + 1)
      )
        problems.push(`cut off: ${described(element)}`);
    }
    return problems;
  };

  const shownFocus = (element, forced) => {
    const box = getComputedStyle(element);
    const outline = box.outlineStyle !== 'none' && parseFloat(box.outlineWidth) >= 2;
    if (outline && opacity(box.outlineColor) > 0) return true;
    return !forced && box.boxShadow !== 'none'; // shadows are not painted where colours are forced
  };

  // The middle and the middle of each side, of each line of a link that wraps.
  const points = (element) =>
    [...element.getClientRects()].flatMap(({ left, right, top, bottom }) => {
      const [x, y] = [(left + right) / 2, (top + bottom) / 2];
      return [[x, y], [x, top + 3], [x, bottom - 3], [left + 3, y], [right - 3, y]];
    });

  const floats = (element) => {
    for (let at = element; at; at = at.parentElement)
      if (['fixed', 'sticky', 'absolute'].includes(getComputedStyle(at).position)) return true;
    return false;
  };

  const covered = (element) => {
    const seen = points(element).filter(
      ([x, y]) => x >= 0 && y >= 0 && x < innerWidth && y < innerHeight,
    );
    if (seen.length === 0) return 'out of view';
    const above = seen.flatMap(([x, y]) => {
      const hit = document.elementFromPoint(x, y);
      return !hit || !floats(hit) || element.contains(hit) || hit.contains(element) ? [] : [hit];
    });
    // What is too tall to stand free of what floats must not hide under it as a whole.
    const tall = element.getBoundingClientRect().height > innerHeight / 2;
    if (above.length === 0 || (tall && above.length < seen.length)) return '';
    return `under ${described(above[0])}`;
  };

  const focusProblems = (element, forced) => {
    const problems = [];
    if (!shownFocus(element, forced)) problems.push(`no focus seen: ${described(element)}`);
    const cover = covered(element);
    if (cover !== '') problems.push(`focus ${cover}: ${described(element)}`);
    return problems;
  };

  // A key was pressed before, so that the browser shows the focus.
  const everyFocus = (forced) => {
    const problems = pressed().flatMap((element) => {
      element.focus();
      if (document.activeElement !== element) return [`takes no focus: ${described(element)}`];
      return focusProblems(element, forced);
    });
    document.activeElement?.blur();
    scrollTo(0, 0);
    return problems;
  };

  // 44 px both ways, but for links within a sentence (WCAG 2.5.8). A box to tick has its label.
  const smallTargets = () =>
    pressed().flatMap((element) => {
      const target = element.matches('[type=checkbox], [type=radio]') ? element.labels[0] : element;
      const { width, height } = target.getBoundingClientRect();
      if (width >= 43.5 && height >= 43.5) return [];
      const inSentence =
        getComputedStyle(element).display === 'inline' &&
        element.parentElement.innerText.trim() !== element.innerText.trim();
      return inSentence ? [] : [`${width} × ${height} px: ${described(element)}`];
    });

  // Boxes that are told by their colour alone must have a line where colours are forced. Marked in
  // the page's own colours, looked at in forced ones.
  const markBoxes = () => {
    for (const element of document.body.querySelectorAll('*')) {
      const style = getComputedStyle(element);
      const decoration = element.innerText === undefined || element.innerText.trim() === '';
      if (!visible(element) || hiddenFromEyes(element) || offScreen(element) || decoration) continue;
      const { width } = element.getBoundingClientRect();
      const coloured =
        opacity(style.backgroundColor) > 0 &&
        style.backgroundColor !== backgroundBehind(element.parentElement);
      if (lineAround(style) || (coloured && width < innerWidth)) element.dataset.box = '';
    }
  };
  const boxesWithoutLine = () => {
    const marked = [...document.querySelectorAll('[data-box]')];
    for (const element of marked) delete element.dataset.box;
    return marked
      .filter((element) => !element.closest('[aria-hidden=true]'))
      .filter((element) => !lineAround(getComputedStyle(element)))
      .map((element) => `no line around ${described(element)}`);
  };

  const unseenIcons = () =>
    [...document.querySelectorAll('svg.app-icon')]
      .filter((icon) => visible(icon) && icon.getBoundingClientRect().width > 0)
      .filter((icon) => contrast(getComputedStyle(icon).color, backgroundBehind(icon)) < 3)
      .map((icon) => `icon not seen: ${icon.getAttribute('class')} in ${described(icon.parentElement)}`);

  // Neither what moves now nor what would move at a touch.
  const moving = () => [
    ...document.getAnimations().map((animation) => `moves: ${animation.constructor.name}`),
    ...[...document.querySelectorAll('*')]
      .filter((element) =>
        [null, '::before', '::after'].some((part) => {
          const { transitionDuration, animationDuration } = getComputedStyle(element, part);
          return `${transitionDuration}, ${animationDuration}`.split(', ').some((time) => parseFloat(time) > 0);
        }),
      )
      .map((element) => `would move: ${described(element)}`),
  ];

  globalThis.appearance = {
    cutWords,
    everyFocus,
    focusProblems,
    smallTargets,
    markBoxes,
    boxesWithoutLine,
    unseenIcons,
    moving,
  };
})();

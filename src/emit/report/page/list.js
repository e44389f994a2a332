const element = id => document.getElementById(id);
const data = JSON.parse(element('data').textContent);
const make = (tag, content = '', name = '') => {
  const made = document.createElement(tag);
  made.textContent = content;
  made.className = name;
  return made;
};
const grouped = number => number.toLocaleString('en').replaceAll(',', '\u2009');
const wordsOf = text => text.toLowerCase().split(/\s+/).filter(Boolean);

// A list of which only the rows in sight are in the document; padding stands for the others. show() takes
//     count    how many rows there are
//     columns  of each {head, text(row), key(row)?, tone(row)?, title?, number?, fill(row, cell)?, width?}; rows are sorted
//              by their keys, or else texts, when a head is pressed: numbers the largest first
//     accepts  whether a row is to be shown
//     details  the elements that tell what there is to say about a row, where column was clicked
//     changed  called when other rows are shown or selected
const rowHeight = 26, box = element('box'), space = element('space'), table = element('table'), panel = element('panel');
const told = element('details');
const list = {count: 0, columns: [], shown: [], isShown: [], selected: -1, first: 0, last: 0, by: -1, down: false};

list.show = view => {
  Object.assign(list, {by: -1, selected: -1, changed: () => {}}, view);
  panel.hidden = true;
  const brush = make('canvas').getContext('2d'), style = getComputedStyle(table);
  brush.font = '600 ' + style.fontSize + ' ' + style.fontFamily;
  // Long lists have few different lengths: what has most characters is as wide as anything, or nearly.
  const widest = texts => [...texts].sort((a, b) => b.length - a.length).slice(0, 30)
    .reduce((most, text) => Math.max(most, brush.measureText(text).width), 0);
  const widths = list.columns.map((column, i) => {
    const texts = new Set([column.head + ' \u25be']);
    for (let row = 0; row < list.count; ++row) texts.add(column.text(row) + ' \u203a');
    const width = Math.ceil(widest(texts)) + 26;
    return i ? Math.min(column.width ?? 240, width) + 'px' : 'min(' + (width + 8) + 'px, 45vw)';
  });
  table.style.width = 'calc(' + widths.join(' + ') + ')';
  table.tHead.rows[0].replaceChildren(...list.columns.map((column, i) => {
    const shape = make('th', '', column.number ? 'number' : ''), button = make('button', column.head);
    shape.scope = 'col';
    shape.title = column.title ?? column.head;
    shape.style.width = widths[i];
    button.addEventListener('click', () => list.sort(i));
    shape.append(button);
    return shape;
  }));
  list.filter();
};

// By a column, and when it is that already the other way round, and then not at all.
list.sort = column => {
  const [first, second] = list.columns[column].number ? [true, false] : [false, true];
  if (list.by !== column) [list.by, list.down] = [column, first];
  else if (list.down === first) list.down = second;
  else list.by = -1;
  [...table.tHead.rows[0].cells].forEach((head, i) => {
    if (i === list.by) head.ariaSort = list.down ? 'descending' : 'ascending';
    else head.removeAttribute('aria-sort');
  });
  list.filter();
};

list.filter = () => {
  list.isShown = Array.from({length: list.count}, (_, row) => list.accepts(row));
  list.shown = [...list.isShown.keys()].filter(row => list.isShown[row]);
  if (list.by >= 0) {
    const column = list.columns[list.by], key = column.key ?? column.text, sign = list.down ? -1 : 1;
    const keys = new Map(list.shown.map(row => [row, key(row)]));
    const collator = new Intl.Collator('en', {numeric: true});
    const compare = column.number || column.key ? (a, b) => a < b ? -1 : +(a > b) : collator.compare;
    list.shown.sort((a, b) => sign * compare(keys.get(a), keys.get(b)) || a - b);
  }
  element('shown').textContent = list.shown.length + ' of ' + list.count;
  box.scrollTop = 0;
  list.draw();
  list.changed();
};

function inSight() {
  const top = Math.floor(box.scrollTop / rowHeight), count = Math.ceil(box.clientHeight / rowHeight);
  return [Math.max(0, Math.min(top, list.shown.length - count)), Math.min(list.shown.length, top + count)];
}
list.draw = () => {
  const [top, bottom] = inSight(), ahead = 20;
  list.first = Math.max(0, top - ahead);
  list.last = Math.min(list.shown.length, bottom + ahead);
  space.style.paddingTop = list.first * rowHeight + 'px';
  space.style.paddingBottom = (list.shown.length - list.last) * rowHeight + 'px';
  table.tBodies[0].replaceChildren(...list.shown.slice(list.first, list.last).map(index => {
    const row = make('tr', '', index === list.selected ? 'selected' : '');
    row.dataset.index = index;
    row.append(...list.columns.map((column, i) => {
      const shape = make(i ? 'td' : 'th', column.text(index), column.tone?.(index) ?? '');
      if (column.number) shape.classList.add('number');
      if (!i) shape.scope = 'row';
      if (!i) shape.title = column.full?.(index) ?? shape.textContent;
      column.fill?.(index, shape);
      return shape;
    }));
    return row;
  }));
};

list.select = (index, column = 0) => {
  list.selected = index;
  panel.hidden = index < 0;
  if (index >= 0) {
    told.replaceChildren(...list.details(index));
    panel.scrollTop = 0;
    told.querySelectorAll('section')[column]?.scrollIntoView({block: 'nearest'});
  }
  list.draw();
  list.changed();
};
list.reveal = index => {
  if (!list.isShown[index]) return;
  const top = list.shown.indexOf(index) * rowHeight;
  if (top < box.scrollTop || top + 3 * rowHeight > box.scrollTop + box.clientHeight)
    box.scrollTop = top - box.clientHeight / 2;
};
table.addEventListener('click', event => {
  const row = event.target.closest('tbody tr');
  if (row) list.select(+row.dataset.index, Math.max(0, event.target.cellIndex - 1));
});
box.addEventListener('scroll', () => {
  const [top, bottom] = inSight();
  if (top < list.first || bottom > list.last) list.draw();
});
box.addEventListener('keydown', event => {
  const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
  if (!step || !list.shown.length) return;
  event.preventDefault();
  const place = Math.max(0, Math.min(list.shown.length - 1, list.shown.indexOf(list.selected) + step));
  list.select(list.shown[place]);
  list.reveal(list.shown[place]);
});
addEventListener('keydown', event => event.key === 'Escape' && list.select(-1));
element('close').addEventListener('click', () => list.select(-1));
element('text').addEventListener('input', () => list.filter());
for (const check of document.querySelectorAll('.controls input[type=checkbox]'))
  check.addEventListener('change', () => list.filter());
new ResizeObserver(() => { list.draw(); list.changed(); }).observe(box);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => list.changed());

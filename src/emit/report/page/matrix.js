const {head, columns, verdicts, lines, rows} = JSON.parse(document.getElementById('data').textContent);
const element = id => document.getElementById(id);
const box = element('box'), space = element('space'), text = element('text'), panel = element('panel');
const make = (tag, content = '', name = '') => {
  const made = document.createElement(tag);
  made.textContent = content;
  made.className = name;
  return made;
};

// Names that all begin in the same directory are shown without it.
function short(names) {
  let prefix = names.length > 1 ? names[0].slice(0, names[0].lastIndexOf('/') + 1) : '';
  for (const name of names)
    while (!name.startsWith(prefix)) prefix = prefix.slice(0, prefix.slice(0, -1).lastIndexOf('/') + 1);
  return prefix === '/' ? names : names.map(name => name.slice(prefix.length));
}
const rowNames = short(rows.map(row => row[0])), columnNames = short(columns);
const verdictOf = cell => verdicts[Array.isArray(cell) ? cell[0] : cell] ?? ['', 'none'];
const partsOf = (cell, type) => Array.isArray(cell) ? cell.slice(1).filter(part => typeof part === type) : [];
const linesOf = cell => partsOf(cell, 'number').map(number => lines[number]);
const textOf = cell => [verdictOf(cell)[0], ...partsOf(cell, 'string')].join(' ');

// What is shown: the rows whose names, or else details, have the words looked for, and in each column the verdict that
// was pressed; if asked for, only those with something that may fail.
const wanted = columns.map(() => -1), deep = element('deep'), bad = element('bad');
const mayFail = row => row.slice(1).some(cell => ['bad', 'odd'].includes(verdictOf(cell)[1]));
const names = rows.map(row => row[0].toLowerCase());
let shown = [], isShown = [], selected = -1, details;
function filter() {
  const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  if (deep.checked)
    details ??= rows.map(row => row.slice(1).flatMap(linesOf).concat(row[0]).join('\n').toLowerCase());
  const searched = deep.checked ? details : names;
  isShown = rows.map((row, index) => wanted.every((verdict, column) => {
    const cell = row[column + 1];
    return verdict < 0 || (Array.isArray(cell) ? cell[0] : cell) === verdict;
  }) && (!bad?.checked || mayFail(row)) && words.every(word => searched[index].includes(word)));
  shown = [...rows.keys()].filter(index => isShown[index]);
  element('shown').textContent = shown.length + ' of ' + rows.length;
  box.scrollTop = 0;
  list();
  paint();
}

// The list holds only the rows that can be seen; padding stands for the others.
const rowHeight = 26, table = element('table');
let first = 0, last = 0;
function inSight() {
  const top = Math.floor(box.scrollTop / rowHeight), count = Math.ceil(box.clientHeight / rowHeight);
  return [Math.max(0, Math.min(top, shown.length - count)), Math.min(shown.length, top + count)];
}
function list() {
  const [top, bottom] = inSight(), ahead = 20;
  first = Math.max(0, top - ahead);
  last = Math.min(shown.length, bottom + ahead);
  space.style.paddingTop = first * rowHeight + 'px';
  space.style.paddingBottom = (shown.length - last) * rowHeight + 'px';
  table.tBodies[0].replaceChildren(...shown.slice(first, last).map(index => {
    const row = make('tr', '', index === selected ? 'selected' : ''), name = make('th', rowNames[index]);
    name.scope = 'row';
    name.title = rows[index][0];
    row.dataset.index = index;
    row.append(name, ...columns.map((_, column) => {
      const cell = rows[index][column + 1], [word, tone] = verdictOf(cell);
      const shape = make('td', textOf(cell), tone + (linesOf(cell).length ? ' said' : ''));
      shape.dataset.word = word;
      return shape;
    }));
    return row;
  }));
}
function layOut() {
  const brush = make('canvas').getContext('2d'), heads = [head, ...columnNames];
  brush.font = '600 ' + getComputedStyle(table).fontSize + ' ' + getComputedStyle(table).fontFamily;
  const longest = names => Math.ceil(names.reduce((most, name) => Math.max(most, brush.measureText(name).width), 0));
  const texts = column => longest([...new Set(rows.map(row => textOf(row[column]) + ' \u203a'))]);
  const widths = heads.map((name, i) => i ? Math.min(240, Math.max(texts(i), longest([name]))) + 24 + 'px'
                                          : 'min(' + (longest([head, ...rowNames]) + 32) + 'px, 45vw)');
  table.style.width = 'calc(' + widths.join(' + ') + ')';
  table.tHead.rows[0].append(...heads.map((name, i) => {
    const shape = make('th', name);
    shape.scope = 'col';
    shape.title = i ? columns[i - 1] : head;
    shape.style.width = widths[i];
    return shape;
  }));
}

// Details of a row.
function select(index, column = 0) {
  selected = index;
  panel.hidden = index < 0;
  if (index >= 0) {
    const parts = columns.map((name, i) => {
      const cell = rows[index][i + 1], tone = verdictOf(cell)[1], title = make('h3', name + ' ');
      title.append(make('span', textOf(cell), tone));
      const section = make('section');
      section.append(title, ...linesOf(cell).map(line => make('p', line)));
      return section;
    });
    element('details').replaceChildren(make('h2', rows[index][0]), ...parts);
    parts[column]?.scrollIntoView({block: 'nearest'});
  }
  list();
  paint();
}
function reveal(place) {
  const top = place * rowHeight;
  if (top < box.scrollTop || top + 3 * rowHeight > box.scrollTop + box.clientHeight)
    box.scrollTop = top - box.clientHeight / 2;
}
table.addEventListener('click', event => {
  const row = event.target.closest('tbody tr');
  if (row) select(+row.dataset.index, Math.max(0, event.target.cellIndex - 1));
});
box.addEventListener('scroll', () => {
  const [top, bottom] = inSight();
  if (top < first || bottom > last) list();
});
box.addEventListener('keydown', event => {
  const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
  if (!step || !shown.length) return;
  event.preventDefault();
  const place = Math.max(0, Math.min(shown.length - 1, shown.indexOf(selected) + step));
  select(shown[place]);
  reveal(place);
});
addEventListener('keydown', event => event.key === 'Escape' && select(-1));
element('close').addEventListener('click', () => select(-1));

// The picture: a square for each row, at the same place in all columns, as large as there is room for.
const pictures = [...document.querySelectorAll('.picture')].map(holder => holder.appendChild(make('canvas')));
let side = 1, across = 1;
function paint() {
  const width = pictures[0].parentNode.clientWidth, room = Math.max(120, innerHeight * .3) / columns.length;
  for (side of [16, 12, 9, 7, 5, 4, 3, 2]) {
    across = Math.max(1, Math.floor(width / side));
    if (Math.ceil(rows.length / across) * side <= room) break;
  }
  const style = getComputedStyle(document.documentElement), dots = devicePixelRatio || 1, gap = side > 3 ? 1 : 0;
  const colours = {};
  for (const tone of ['good', 'bad', 'odd', 'none']) colours[tone] = style.getPropertyValue('--' + tone + '-cell');
  pictures.forEach((canvas, column) => {
    const height = Math.ceil(rows.length / across) * side;
    canvas.width = width * dots;
    canvas.height = height * dots;
    canvas.style.width = width + 'px';
    canvas.style.height = height + 'px';
    const brush = canvas.getContext('2d');
    brush.scale(dots, dots);
    rows.forEach((row, index) => {
      const x = index % across * side, y = Math.floor(index / across) * side;
      brush.globalAlpha = isShown[index] ? 1 : .15;
      brush.fillStyle = colours[verdictOf(row[column + 1])[1]];
      brush.fillRect(x, y, side - gap, side - gap);
    });
    if (selected < 0) return;
    brush.globalAlpha = 1;
    brush.strokeStyle = style.getPropertyValue('--text');
    brush.lineWidth = 2;
    brush.strokeRect(selected % across * side - 1, Math.floor(selected / across) * side - 1, side + 1, side + 1);
  });
}
const rowAt = event => {
  const x = Math.floor(event.offsetX / side), index = Math.floor(event.offsetY / side) * across + x;
  return x < across && index < rows.length ? index : -1;
};
pictures.forEach((canvas, column) => {
  canvas.addEventListener('mousemove', event => {
    const index = rowAt(event);
    canvas.title = index < 0 ? '' : rowNames[index] + ': ' + textOf(rows[index][column + 1]);
  });
  canvas.addEventListener('click', event => {
    const index = rowAt(event);
    if (index < 0) return;
    select(index, column);
    if (isShown[index]) reveal(shown.indexOf(index));
  });
});

for (const button of document.querySelectorAll('.count')) {
  button.addEventListener('click', () => {
    const column = +button.dataset.column, verdict = +button.dataset.verdict;
    wanted[column] = wanted[column] === verdict ? -1 : verdict;
    for (const other of document.querySelectorAll('.count'))
      other.setAttribute('aria-pressed', wanted[+other.dataset.column] === +other.dataset.verdict);
    filter();
  });
}
text.addEventListener('input', filter);
deep.addEventListener('change', filter);
bad?.addEventListener('change', filter);
new ResizeObserver(() => { list(); paint(); }).observe(box);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paint);
layOut();
filter();

const {head, columns, sizes, verdicts, lines, rows} = data;

// Names that all begin in the same directory are shown without it.
function short(names) {
  let prefix = names.length > 1 ? names[0].slice(0, names[0].lastIndexOf('/') + 1) : '';
  for (const name of names)
    while (!name.startsWith(prefix)) prefix = prefix.slice(0, prefix.slice(0, -1).lastIndexOf('/') + 1);
  return prefix === '/' ? names : names.map(name => name.slice(prefix.length));
}
const isNarrow = matchMedia('(max-width: 40rem)').matches;  // and has room for file names only
const rowNames = short(rows.map(row => row[0])).map(name => isNarrow ? name.slice(name.lastIndexOf('/') + 1) : name);
const columnNames = short(columns);
const verdictOf = cell => verdicts[Array.isArray(cell) ? cell[0] : cell] ?? ['', 'none'];
const partsOf = (cell, type) => Array.isArray(cell) ? cell.slice(1).filter(part => typeof part === type) : [];
const linesOf = cell => partsOf(cell, 'number').map(number => lines[number]);
// What stands between backticks is code.
const sentence = line => {
  const shape = make('p');
  shape.append(...line.split(/`([^`]*)`/).map((part, i) => i % 2 ? make('code', part) : part));
  return shape;
};
const textOf = cell => [verdictOf(cell)[0], ...partsOf(cell, 'string')].join(' ');
const worth = ['bad', 'odd', 'none', 'good'];  // of verdicts, what is to be looked at first

// What is shown: the rows whose names, or else details, have the words looked for, and in each column the verdict that
// was pressed; if asked for, only those with something that may fail.
const wanted = columns.map(() => -1), deep = element('deep'), bad = element('bad'), text = element('text');
const mayFail = row => row.slice(1).some(cell => ['bad', 'odd'].includes(verdictOf(cell)[1]));
const names = rows.map(row => row[0].toLowerCase());
let details;
function accepts(index) {
  if (deep.checked)
    details ??= rows.map(row => row.slice(1).flatMap(linesOf).concat(row[0]).join('\n').toLowerCase());
  const searched = deep.checked ? details : names, row = rows[index];
  return wanted.every((verdict, column) => {
    const cell = row[column + 1];
    return verdict < 0 || (Array.isArray(cell) ? cell[0] : cell) === verdict;
  }) && (!bad?.checked || mayFail(row)) && wordsOf(text.value).every(word => searched[index].includes(word));
}

function tell(index) {
  const numbers = sizes.map(([what, of]) => grouped(of[index]) + ' ' + what).join(', ');
  const parts = columns.map((name, i) => {
    const cell = rows[index][i + 1], title = make('h3', name + ' '), section = make('section');
    title.append(make('span', textOf(cell), verdictOf(cell)[1]));
    section.append(title, ...linesOf(cell).map(sentence));
    return section;
  });
  return [make('h2', rows[index][0]), ...(numbers ? [make('p', numbers, 'says')] : []), ...parts];
}

// The picture: a square for each row, at the same place in all columns, as large as there is room for.
const pictures = [...document.querySelectorAll('.picture')].map(holder => holder.appendChild(make('canvas')));
let side = 1, across = 1;
const colourOf = name => getComputedStyle(document.documentElement).getPropertyValue('--' + name);
function begin(canvas, width, height) {
  const dots = devicePixelRatio || 1, brush = canvas.getContext('2d');
  canvas.width = width * dots;
  canvas.height = height * dots;
  canvas.style.width = width + 'px';
  canvas.style.height = height + 'px';
  brush.scale(dots, dots);
  return brush;
}
function outline(brush, x, y, width, height) {
  brush.globalAlpha = 1;
  brush.strokeStyle = colourOf('text');
  brush.lineWidth = 2;
  brush.strokeRect(x, y, width, height);
}
function paintSquares() {
  const width = pictures[0].parentNode.clientWidth;
  const room = Math.max(120, innerHeight * (map ? .22 : .3)) / columns.length;
  for (side of [16, 12, 9, 7, 5, 4, 3, 2]) {
    across = Math.max(1, Math.floor(width / side));
    if (Math.ceil(rows.length / across) * side <= room) break;
  }
  const gap = side > 3 ? 1 : 0, colours = {};
  for (const tone of worth) colours[tone] = colourOf(tone + '-cell');
  pictures.forEach((canvas, column) => {
    const brush = begin(canvas, width, Math.ceil(rows.length / across) * side);
    rows.forEach((row, index) => {
      brush.globalAlpha = list.isShown[index] ? 1 : .15;
      brush.fillStyle = colours[verdictOf(row[column + 1])[1]];
      brush.fillRect(index % across * side, Math.floor(index / across) * side, side - gap, side - gap);
    });
    const at = list.selected;
    if (at >= 0) outline(brush, at % across * side - 1, Math.floor(at / across) * side - 1, side + 1, side + 1);
  });
}
const rowAt = event => {
  const x = Math.floor(event.offsetX / side), index = Math.floor(event.offsetY / side) * across + x;
  return x < across && index < rows.length ? index : -1;
};
function point(canvas, find, say, column) {
  canvas.addEventListener('mousemove', event => {
    const index = find(event);
    canvas.title = index < 0 ? '' : rowNames[index] + ': ' + say(index);
  });
  canvas.addEventListener('click', event => {
    const index = find(event);
    if (index < 0) return;
    list.select(index, column);
    list.reveal(index);
  });
}
pictures.forEach((canvas, i) => point(canvas, rowAt, index => textOf(rows[index][i + 1]), i));

// The picture of sizes: an area for each row, the largest first, with what could go of it dark at its bottom.
const map = sizes.length > 1 ? element('sizes').appendChild(make('canvas')) : null;
let areas = [];  // [row, x, y, width, height]
// Squarified: rectangles are laid in strips along the shorter side, as long as that makes them more like squares.
function layAreas(width, height) {
  const of = sizes[0][1], bySize = [...of.keys()].filter(row => of[row]).sort((a, b) => of[b] - of[a]);
  const scale = width * height / bySize.reduce((sum, row) => sum + of[row], 0);
  let x = 0, y = 0;
  areas = [];
  for (let i = 0; i < bySize.length;) {
    const along = Math.min(width - x, height - y);
    const worst = (sum, largest, least) => Math.max(along * along * largest / (sum * sum), sum * sum / (along * along * least));
    let end = i, sum = 0;
    for (; end < bySize.length; ++end) {
      const next = of[bySize[end]] * scale, largest = of[bySize[i]] * scale;
      if (end > i && worst(sum, largest, of[bySize[end - 1]] * scale) < worst(sum + next, largest, next)) break;
      sum += next;
    }
    const thick = sum / along, lies = width - x >= height - y;
    let at = lies ? y : x;
    for (; i < end; ++i) {
      const length = of[bySize[i]] * scale / thick;
      areas.push(lies ? [bySize[i], x, at, thick, length] : [bySize[i], at, y, length, thick]);
      at += length;
    }
    if (lies) x += thick;
    else y += thick;
  }
}
function paintAreas() {
  const width = map.parentNode.clientWidth;
  if (!width) return;
  const height = Math.round(Math.max(110, innerHeight * .18));
  layAreas(width, height);
  const brush = begin(map, width, height), [[, wholes], [, parts]] = sizes;
  const whole = colourOf('whole-cell'), part = colourOf('part-cell');
  for (const [row, left, top, thick, long] of areas) {
    const [x, y] = [left, top].map(Math.round);  // whole pixels look sharp
    const across = Math.round(left + thick) - x, down = Math.round(top + long) - y;
    const gap = Math.min(across, down) > 2 ? 1 : 0;
    const dark = Math.round((down - gap) * Math.min(1, parts[row] / wholes[row]));
    brush.globalAlpha = list.isShown[row] ? 1 : .15;
    brush.fillStyle = whole;
    brush.fillRect(x, y, across - gap, down - gap - dark);
    brush.fillStyle = part;
    brush.fillRect(x, y + down - gap - dark, across - gap, dark);
  }
  const chosen = areas.find(([row]) => row === list.selected);
  if (chosen) outline(brush, chosen[1], chosen[2], chosen[3], chosen[4]);
}
const saySize = row => sizes.map(([what, of]) => grouped(of[row]) + ' ' + what).join(', ');
if (map) {
  const areaAt = ({offsetX, offsetY}) => areas.find(([, x, y, width, height]) =>
    offsetX >= x && offsetX < x + width && offsetY >= y && offsetY < y + height)?.[0] ?? -1;
  point(map, areaAt, saySize, 0);
  const of = sizes[0][1], largest = [...of.keys()].sort((a, b) => of[b] - of[a]).slice(0, 5);
  map.role = 'img';
  map.ariaLabel = 'Areas of ' + rows.length + ' by ' + sizes[0][0] + ', with ' + sizes[1][0] +
    ' dark. The largest: ' + largest.map(row => rowNames[row] + ', ' + saySize(row)).join('; ');
  map.closest('details').addEventListener('toggle', paintAreas);
}

for (const button of document.querySelectorAll('.count')) {
  button.addEventListener('click', () => {
    const column = +button.dataset.column, verdict = +button.dataset.verdict;
    wanted[column] = wanted[column] === verdict ? -1 : verdict;
    for (const other of document.querySelectorAll('.count'))
      other.setAttribute('aria-pressed', wanted[+other.dataset.column] === +other.dataset.verdict);
    list.filter();
  });
}
list.show({
  count: rows.length, accepts, details: tell,
  changed() {
    paintSquares();
    if (map) paintAreas();
  },
  columns: [
    {head, text: row => rowNames[row], full: row => rows[row][0]},
    ...columnNames.map((name, i) => ({
      head: name, title: columns[i], text: row => textOf(rows[row][i + 1]),
      key(row) {
        const [word, tone] = verdictOf(rows[row][i + 1]);
        return worth.indexOf(tone) + ' ' + word + ' ' + textOf(rows[row][i + 1]);
      },
      tone: row => verdictOf(rows[row][i + 1])[1],
      fill(row, cell) {
        if (linesOf(rows[row][i + 1]).length) cell.classList.add('said');
        cell.dataset.word = verdictOf(rows[row][i + 1])[0];
      },
    })),
    ...sizes.map(([what, of]) => ({head: what, number: true, key: row => of[row], text: row => grouped(of[row])})),
  ],
});

const {cacheline, spellings, types} = data;
const text = element('text'), bad = element('bad');
const linesOf = row => Math.ceil(types[row][1] / cacheline);
const memberText = members => members.map(([name, type, , , , , , , inner]) =>
  name + ' ' + spellings[type] + ' ' + (inner ? memberText(inner) : '')).join(' ');
let searched;
function accepts(row) {
  const words = wordsOf(text.value);
  if (words.length) searched ??= types.map(([name, , members]) => (name + ' ' + memberText(members)).toLowerCase());
  return (!bad.checked || types[row][3] > 0) && words.every(word => searched[row].includes(word));
}

// What lies where, in bits: members, and in place of anonymous structs their members. Unions stay whole: their members
// lie on top of each other.
function blocksOf(members, isUnion) {
  if (isUnion) return [];
  return members.flatMap(([name, type, offset, size, , , bit = 0, bits = 0, inner], i) => {
    const begin = offset * 8 + bit, length = bits || size * 8;
    const places = inner?.map(([, , at, of = 0]) => [at, at + of]) ?? [];
    const apart = places.every(([at], k) => !k || at >= places[k - 1][1]) && !name && places.length > 1;
    return apart ? blocksOf(inner, false) : [{name: name || spellings[type], type: spellings[type], begin, length}];
  });
}
function holesIn(blocks, bits) {
  const sorted = [...blocks].filter(block => block.length).sort((a, b) => a.begin - b.begin), holes = [];
  let end = 0;
  for (const block of sorted) {
    if (block.begin > end) holes.push({begin: end, length: block.begin - end});
    end = Math.max(end, block.begin + block.length);
  }
  if (end < bits) holes.push({begin: end, length: bits - end, padding: true});
  return holes;
}
const sizeText = bits => bits % 8 ? bits + (bits === 1 ? ' bit' : ' bits') : bits / 8 + (bits === 8 ? ' byte' : ' bytes');
const placeText = bits => Math.floor(bits / 8) + (bits % 8 ? ':' + bits % 8 : '');

const svg = (tag, attributes, content = '') => {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = content;
  return made;
};
// A row for each cacheline, and in it a box for each block or part of one.
function picture(row) {
  const [name, size, members, , , , isUnion] = types[row];
  const blocks = isUnion ? members.map(([name, type, offset, size, , , bit = 0, bits = 0]) =>
    ({name: name || spellings[type], type: spellings[type], begin: offset * 8 + bit, length: bits || size * 8}))
    : blocksOf(members, false);
  const holes = isUnion ? [] : holesIn(blocks, size * 8);
  const left = 44, height = 24, most = 400, bits = cacheline * 8;
  const rows = isUnion ? blocks.length : Math.min(most, Math.ceil(size / cacheline));
  const wide = Math.max(280, told.clientWidth), unit = (wide - left - 2) / bits;
  const shape = svg('svg', {width: wide, height: rows * height + 14, role: 'img', 'aria-label': 'Bytes of ' + name +
    ': cachelines ' + linesOf(row) + ', holes ' + holes.length});
  shape.innerHTML = '<defs><pattern id="stripes" width="5" height="5" patternUnits="userSpaceOnUse" ' +
    'patternTransform="rotate(45)"><path d="M0 0V5"/></pattern></defs>';
  for (let byte = 0; byte < cacheline; byte += Math.max(8, cacheline / 8))
    shape.append(svg('text', {x: left + byte * 8 * unit, y: 9, class: 'at'}, byte));
  const box = (block, line, from, to, member, fill) => {
    const x = left + from * unit, width = Math.max(1, (to - from) * unit);
    const at = block.name ? block.name + ': ' : '';
    const said = at + (block.padding ? 'padding, ' : block.name ? '' : 'hole, ') + 'byte ' + placeText(block.begin) + ', ' +
      sizeText(block.length) + (block.type ? ', ' + block.type : '');
    const rect = svg('rect', {x, y: line * height + 13, width, height: height - 3, rx: 2, class: member < 0 ? 'hole' : 'member'});
    if (fill) rect.style.fill = fill;
    if (member >= 0) rect.dataset.member = member;
    rect.append(svg('title', {}, said));
    shape.append(rect);
    const word = block.name ?? sizeText(block.length), room = Math.floor((width - 4) / 6.7);
    if (room >= 2 && word)
      shape.append(svg('text', {x: x + 3, y: line * height + 28}, word.length > room ? word.slice(0, room - 1) + '\u2026' : word));
  };
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const draw = (block, member) => {
    const fill = member < 0 ? '' : 'hsl(' + member * 47 % 360 + (dark ? ' 35% 30%)' : ' 60% 82%)');
    if (isUnion) return box(block, member, 0, Math.min(bits, block.length), member, fill);
    for (let from = block.begin, end = block.begin + block.length; from < end;) {
      const line = Math.floor(from / bits), to = Math.min(end, (line + 1) * bits);
      if (line < rows) box(block, line, from - line * bits, to - line * bits, member, fill);
      from = to;
    }
  };
  for (let line = 0; line < rows; ++line)
    shape.append(svg('text', {x: 0, y: line * height + 28, class: 'at'}, isUnion ? '' : line * cacheline));
  blocks.forEach(draw);
  holes.forEach(hole => draw(hole, -1));
  const holder = make('div', '', 'bytes');
  holder.append(shape);
  if (!isUnion && linesOf(row) > rows) holder.append(make('p', 'and ' + (linesOf(row) - rows) + ' more cachelines', 'says'));
  return holder;
}

function tableOf(row) {
  const shape = make('table', '', 'members'), body = make('tbody'), heads = make('thead'), line = make('tr');
  line.append(...['offset', 'size'].map(head => make('th', head, 'number')), make('th', 'member'));
  heads.append(line);
  const add = (offset, size, text, level, name = '') => {
    const made = make('tr', '', name), last = make('td', text);
    last.style.paddingLeft = level + 'em';
    made.append(make('td', offset, 'number'), make('td', size, 'number'), last);
    body.append(made);
  };
  const walk = (members, level) => {
    for (const [name, type, offset, size = 0, hole = 0, padding = 0, bit = 0, bits = 0, inner] of members) {
      add(offset + (bits ? ':' + bit : ''), size, spellings[type] + (name ? ' ' + name : ''), level);
      if (inner) walk(inner, level + 1);
      if (padding) add('', padding, 'padding in it', level, 'gap');
      if (hole) add('', hole, hole === 1 ? 'a hole of 1 byte' : 'a hole of ' + hole + ' bytes', level, 'gap');
    }
  };
  walk(types[row][2], 0);
  if (types[row][5]) add('', types[row][5], 'padding', 0, 'gap');
  shape.append(heads, body);
  return shape;
}
function tell(row) {
  const [name, size, members, holes, holeBytes, padding, , matches] = types[row];
  const totals = [sizeText(size * 8), linesOf(row) + (linesOf(row) === 1 ? ' cacheline' : ' cachelines'),
    members.length + (members.length === 1 ? ' member' : ' members'), holes + (holes === 1 ? ' hole, ' : ' holes, ') +
    sizeText(holeBytes * 8), 'padding ' + sizeText(padding * 8)];
  return [make('h2', name), make('p', totals.join(', '), 'says'),
    ...(matches.length ? [make('p', 'asked for: ' + matches.join(', '))] : []), picture(row), tableOf(row)];
}
told.addEventListener('click', event => {
  const chosen = event.target.closest('.member');
  for (const part of told.querySelectorAll('.member'))
    part.classList.toggle('chosen', !!chosen && part.dataset.member === chosen.dataset.member);
});

const number = (head, of, text = row => of(row) ? grouped(of(row)) : '') => ({head, number: true, key: of, text});
let drawn = 0;  // how wide
list.show({
  count: types.length, accepts,
  details(row) {
    drawn = panel.clientWidth;
    return tell(row);
  },
  changed() {
    if (list.selected >= 0 && panel.clientWidth !== drawn) told.replaceChildren(...list.details(list.selected));
  },
  columns: [
    {head: 'name', text: row => types[row][0]},
    number('size', row => types[row][1], row => grouped(types[row][1])),
    number('cachelines', linesOf), number('members', row => types[row][2].length), number('holes', row => types[row][3]),
    number('hole bytes', row => types[row][4]), number('padding', row => types[row][5]),
  ],
});
if (types.length && types.length <= 20) list.select(0);

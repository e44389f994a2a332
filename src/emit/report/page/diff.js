const {impacts, modules, lists, changes, reasons, rebuilds} = data;
const text = element('text'), bad = element('bad');
const lower = modules.map(name => name.toLowerCase());
const useText = ([refused, use]) => (refused ? 'must be rebuilt, ' : '') + use;
const mustRebuild = row => changes[row][5].reduce((sum, [refused, , at]) => sum + (refused ? lists[at].length : 0), 0);
const uses = row => changes[row][5].reduce((sum, [, , at]) => sum + lists[at].length, 0);

// Words are looked for in what a change says, and in the names of the modules that use the type.
let impact = '', known = new Map(), searched;
function hasModule(at, word) {
  const key = word + ' ' + at;
  if (!known.has(key)) known.set(key, lists[at].some(module => lower[module].includes(word)));
  return known.get(key);
}
function acceptsChange(row) {
  searched ??= changes.map(([name, , summary, hunk, parts]) => [name, summary, hunk, parts].join('\n').toLowerCase());
  const change = changes[row];
  return (!impact || change[1] === impact) && (!bad.checked || change[1] !== 'compatible') &&
    wordsOf(text.value).every(word => searched[row].includes(word) ||
      change[5].some(([, , at]) => hasModule(at, word)));
}
const reasonsOf = row => rebuilds[row][1].map(number => reasons[number]);
const acceptsRebuild = row => wordsOf(text.value).every(word =>
  [modules[rebuilds[row][0]], ...reasonsOf(row)].join(' ').toLowerCase().includes(word));

// A list of names, of which only the first are shown when there are many.
function folded(title, names, name = '') {
  const few = 12;
  if (names.length <= few) return make('p', title + ': ' + names.join(', '), name);
  const shape = make('details', '', name);
  shape.append(make('summary', title + ', ' + grouped(names.length) + ' modules: ' + names.slice(0, few).join(', ') +
    ', \u2026'), make('p', names.join(', ')));
  return shape;
}
function tellChange(row) {
  const [name, word, summary, hunk, parts, of] = changes[row];
  const title = make('h3', '', word), code = make('pre');
  title.append(make('span', word), ' ' + summary);
  for (const wide of hunk.split('\n').slice(0, -1)) {
    const line = wide.replace(/ +\/\* +(?=[-0-9>: ]+\*\/$)/, '  /* ');
    const kind = {'-': 'removed', '+': 'added'}[line[0]] ?? (line.trim() === '...' ? 'skipped' : '');
    code.append(make('span', line + '\n', kind));
  }
  return [make('h2', name), title, ...(hunk ? [code] : []), ...(parts ? [folded('in', parts.split(', '))] : []),
    ...of.map(use => folded(useText(use), lists[use[2]].map(module => modules[module]), use[0] ? 'refused' : ''))];
}
function tellRebuild(row) {
  return [make('h2', modules[rebuilds[row][0]]), make('h3', 'must be rebuilt because of'),
    ...reasonsOf(row).map(reason => make('p', reason))];
}

const views = {
  changes: {
    count: changes.length, accepts: acceptsChange, details: tellChange,
    columns: [
      {head: 'declaration', text: row => changes[row][0]},
      {head: 'severity', text: row => changes[row][1], key: row => impacts.indexOf(changes[row][1]),
        tone: row => changes[row][1]},
      ...(modules.length ? [
        {head: 'to rebuild', number: true, key: mustRebuild, text: row => mustRebuild(row) ? grouped(mustRebuild(row)) : ''},
        {head: 'used by', number: true, key: uses, text: row => uses(row) ? grouped(uses(row)) : ''}] : []),
      {head: 'change', text: row => changes[row][2], width: 640},
    ],
  },
  rebuilds: {
    count: rebuilds.length, accepts: acceptsRebuild, details: tellRebuild,
    columns: [
      {head: 'module to rebuild', text: row => modules[rebuilds[row][0]]},
      {head: 'reasons', number: true, key: row => rebuilds[row][1].length, text: row => grouped(rebuilds[row][1].length)},
      {head: 'because of', text: row => reasonsOf(row).slice(0, 20).join(', '), width: 900},
    ],
  },
};
function view(name) {
  for (const button of document.querySelectorAll('.view')) button.ariaPressed = button.dataset.view === name;
  bad.parentNode.hidden = name !== 'changes';
  list.show(views[name]);
}
for (const button of document.querySelectorAll('.view'))
  button.addEventListener('click', () => view(button.dataset.view));
for (const button of document.querySelectorAll('.count')) {
  button.addEventListener('click', () => {
    const chosen = button.textContent.split(' ')[1];
    impact = impact === chosen ? '' : chosen;
    for (const other of document.querySelectorAll('.count')) other.ariaPressed = other === button && impact !== '';
    view('changes');
  });
}
view('changes');

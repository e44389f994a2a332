const text = document.getElementById('text'), changed = document.getElementById('changed');
const order = document.getElementById('order');
const types = [...document.querySelectorAll('details.type')], shown = document.getElementById('shown');
const names = types.map(type => type.dataset.text.toLowerCase());
function filter() {
  const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  types.forEach((type, index) => {
    type.hidden = (changed.checked && !type.classList.contains('changed')) ||
      !words.every(word => names[index].includes(word));
    count += !type.hidden;
  });
  shown.textContent = count + ' of ' + types.length;
}
const orders = {
  name: (a, b) => names[a].localeCompare(names[b], 'en', {numeric: true}),
  changes: (a, b) => types[b].dataset.changes - types[a].dataset.changes || a - b,
};
function sort() {
  const wanted = [...types.keys()].sort(orders[order.value] ?? ((a, b) => a - b));
  document.querySelector('main').append(...wanted.map(index => types[index]));
}
text.addEventListener('input', filter);
changed.addEventListener('change', filter);
order.addEventListener('change', sort);
filter();

const text = document.getElementById('text'), changed = document.getElementById('changed');
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
text.addEventListener('input', filter);
changed.addEventListener('change', filter);
filter();

const query = document.getElementById('query'), boxes = document.querySelectorAll('.tools input[type=checkbox]');
const rows = [...document.querySelectorAll('details[data-text]')], shown = document.getElementById('shown');
function filter() {
  const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
  const severities = new Set([...boxes].filter(box => box.checked).map(box => box.value));
  let count = 0;
  for (const row of rows) {
    const text = row.dataset.text.toLowerCase();
    row.hidden = !severities.has(row.className) || !words.every(word => text.includes(word));
    count += !row.hidden;
  }
  shown.textContent = count + ' of ' + rows.length;
}
query.addEventListener('input', filter);
boxes.forEach(box => box.addEventListener('change', filter));
filter();

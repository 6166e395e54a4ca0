'use strict';

// The theme: as the system says, or as chosen; the choice lasts where the browser keeps it.
const themes = ['', 'light', 'dark'];
const themeButton = document.getElementById('theme');

function showTheme(theme) {
  document.documentElement.dataset.theme = theme;
  themeButton.textContent = `theme: ${theme || 'auto'}`;
}

themeButton.hidden = false;
showTheme(document.documentElement.dataset.theme || '');
themeButton.addEventListener('click', () => {
  const next = themes[(themes.indexOf(document.documentElement.dataset.theme || '') + 1) % themes.length];
  try { localStorage.harnessTheme = next; } catch { /* a browser that keeps nothing for files */ }
  showTheme(next);
});

// A case is addressed by its anchor: its section has to be open to be seen.
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView();
  }
}
addEventListener('hashchange', openTarget);
unpack().then(openTarget);

// The lower part of a long page comes compressed; it stands in the page as it will stand unpacked.
async function unpack() {
  const packed = document.getElementById('packed');
  if (!packed) return;
  try {
    const bytes = Uint8Array.from(atob(packed.textContent), (char) => char.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
    packed.insertAdjacentHTML('afterend', await new Response(stream).text());
  } catch {
    packed.insertAdjacentHTML('afterend', '<p class=bad>This browser cannot unpack the rest of this page.');
  }
}
addEventListener('beforeprint', () => document.querySelectorAll('details').forEach((one) => { one.open = true; }));

const form = document.getElementById('filter');
if (form) startTable(form);

function startTable(form) {
  const table = document.getElementById('table');
  const fields = { q: form.q, runner: form.runner, rule: form.rule, a: form.a, b: form.b };
  let group = -1;
  const columns = [...table.querySelectorAll('thead th.v')].map((th) => {
    if (th.classList.contains('g')) group += 1;
    return { name: th.textContent, group };
  });
  const groups = [...table.querySelectorAll('thead th[colspan]')].map((th) => th.textContent);
  const ruleNames = form.dataset.w ? form.dataset.w.split(' ') : [];
  const rows = [...table.querySelectorAll('tr[data-r]')].map(readRow);
  let words = '', name = '';
  rows.forEach((row) => {
    if (row.tr.dataset.s) { words = row.tr.dataset.q; name = row.tr.dataset.s; }
    row.words = words;
    row.name = name;
  });

  // What a row shows on every column, out of its cells; and where it changes, with the rules behind that.
  function readRow(tr) {
    const letters = [], changes = [];
    [...tr.cells].slice(2).forEach((td) => {
      const place = letters.length;
      const letter = td.firstChild ? td.firstChild.textContent : '';
      for (let count = 0; count < td.colSpan; count += 1) letters.push(letter);
      if (td.classList.contains('x') || td.classList.contains('y')) {
        const numbers = td.dataset.w ? td.dataset.w.split(' ') : [];
        changes.push({ place, rules: numbers.map((number) => ruleNames[Number(number)]) });
      }
    });
    return { tr, letters, changes, runner: tr.dataset.r, usual: 'u' in tr.dataset };
  }

  // The letter on a release, or on the nearest recorded one below it.
  function at(row, place) {
    for (let here = place; here >= 0 && columns[here].group === columns[place].group; here -= 1) {
      if (row.letters[here]) return row.letters[here].replace('?', '');
    }
    return '';
  }

  function changedBetween(row, a, b) {
    const one = at(row, a), other = at(row, b);
    return one !== '' && other !== '' && one !== other;
  }

  function changedBy(row, rule, a, b) {
    const [low, high] = a < b ? [a, b] : [b, a];
    const within = (place) => a < 0 || (place > low && place <= high);
    return row.changes.some((change) => change.rules.includes(rule) && within(change.place));
  }

  function wanted(row, asked) {
    if (asked.runner === 'usual' ? !row.usual : asked.runner !== 'all' && row.runner !== asked.runner) return false;
    if (!asked.words.every((word) => row.words.includes(word))) return false;
    const both = asked.a >= 0 && asked.b >= 0;
    if (both && !changedBetween(row, asked.a, asked.b)) return false;
    return !asked.rule || changedBy(row, asked.rule, both ? asked.a : -1, asked.b);
  }

  function place(select) { return select.value === '' ? -1 : Number(select.value); }

  function apply() {
    const asked = {
      words: fields.q.value.toLowerCase().split(/\s+/).filter(Boolean),
      runner: fields.runner.value, rule: fields.rule.value, a: place(fields.a), b: place(fields.b),
    };
    let shown = 0, last = '';
    const names = new Set();
    rows.forEach((row) => {
      row.tr.hidden = !wanted(row, asked);
      if (row.tr.hidden) return;
      row.tr.classList.toggle('d', row.name === last);
      last = row.name;
      shown += 1;
      names.add(row.name);
    });
    table.querySelectorAll('tbody').forEach((body) => { body.hidden = !body.querySelector('tr[data-r]:not([hidden])'); });
    const half = (asked.a >= 0) !== (asked.b >= 0) ? '; choose both releases' : '';
    form.querySelector('output').textContent = `${names.size} scenario${names.size === 1 ? '' : 's'}, ${shown} of ${rows.length} rows${half}`;
    remember();
  }

  // The filters stand behind the # of the address, so that a view can be linked.
  function remember() {
    const told = new URLSearchParams();
    Object.entries(fields).forEach(([name, field]) => {
      if (field.value && !(name === 'runner' && field.value === 'usual')) told.set(name, nameOf(name, field));
    });
    const hash = told.toString();
    if (hash !== location.hash.slice(1)) history.replaceState(null, '', `#${hash}`);
  }

  // A release is told by its version, since columns move when releases are added.
  function nameOf(name, field) {
    if (name !== 'a' && name !== 'b') return field.value;
    const column = columns[Number(field.value)];
    return column.group ? `${column.name}@${groups[column.group]}` : column.name;
  }

  function recall() {
    const told = new URLSearchParams(location.hash.slice(1));
    Object.entries(fields).forEach(([name, field]) => {
      const value = told.get(name);
      if (value === null) return;
      const known = [...field.options || []].find((option) => option.value && nameOf(name, option) === value);
      field.value = field.options ? (known ? known.value : field.options[0].value) : value;
    });
    if (told.get('rule') && !told.get('runner')) fields.runner.value = 'all';
  }

  // What a cell shows, in words, for whoever points at it.
  table.addEventListener('pointerover', (event) => {
    const td = event.target.closest('td[class]');
    if (!td || td.title || !td.parentElement.dataset.r) return;
    const row = rows.find((one) => one.tr === td.parentElement);
    let first = 0;
    for (let cell = td.previousElementSibling; cell && !cell.matches('.s,td.r:not([class*=b])'); cell = cell.previousElementSibling) first += cell.colSpan;
    if (!row.letters[first]) return;
    const end = columns[first + td.colSpan - 1].name;
    const since = td.classList.contains('x') ? ', changed with exactly this release' : '';
    const change = row.changes.find((one) => one.place === first);
    const why = change && change.rules.length ? `: ${change.rules.join(', ')}` : '';
    td.title = `${row.name}, ${row.runner}: ${row.letters[first]} from ${groups[columns[first].group]} ${columns[first].name} to ${end}${since}${why}`;
  });

  // Up and down go from scenario to scenario, / to the search.
  table.addEventListener('keydown', (event) => {
    const links = [...table.querySelectorAll('tr[data-r]:not([hidden]) th a')].filter((one) => one.offsetParent);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const next = step && links[links.indexOf(document.activeElement) + step];
    if (!next || !links.includes(document.activeElement)) return;
    event.preventDefault();
    next.focus();
  });
  addEventListener('keydown', (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      fields.q.focus();
    }
    if (event.key === 'Escape' && document.activeElement === fields.q) {
      fields.q.value = '';
      apply();
    }
  });

  form.hidden = false;
  recall();
  form.addEventListener('input', apply);
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('reset', () => setTimeout(apply));
  addEventListener('hashchange', () => { recall(); apply(); });
  apply();
}

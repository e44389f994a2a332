#!/usr/bin/env bash
# Loads pages in a headless Chromium, for tests to source. Nothing on the machine but Chromium itself is needed; where it
# is missing, the test is skipped.

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)

# Ends the test as skipped where there is no Chromium.
browser_or_skip() {
  [[ -n $browser ]] && return
  echo 'skipped: no chromium here'
  exit 77
}

# browser_start DIRECTORY ARGUMENT...: Chromium with a profile below DIRECTORY, offline and silent about itself; what
# pages write to the console goes to DIRECTORY/log.
browser_start() {
  local directory=$1
  shift
  timeout 60 "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync \
    --disable-background-networking --disable-component-update --disable-dev-shm-usage --disable-extensions \
    --host-resolver-rules='MAP * ~NOTFOUND' --user-data-dir="$directory/profile" --enable-logging=stderr "$@" \
    2>"$directory/log"
}

# browser_run PAGE SCRIPT: loads a copy of the page, then runs the JavaScript in the file SCRIPT inside of it, as the
# body of an async function, and prints what it gives to say(), a line each. Fails, and tells why on stderr, when the page
# wanted to fetch anything at all, when it threw or wrote something to the console, and when the script threw.
browser_run() {
  local page=$1 script=$2 work status=0
  work=$(mktemp -d)
  {
    cat <<'HTML'
<script>
const testSaid = [], testFaults = [];
const say = (...words) => testSaid.push(words.join(' '));
for (const name of ['error', 'warn', 'log', 'info'])
  console[name] = (...words) => testFaults.push('console.' + name + ': ' + words.join(' '));
addEventListener('error', event => testFaults.push(event.message || 'not loaded: ' + event.target.outerHTML), true);
addEventListener('unhandledrejection', event => testFaults.push('rejected: ' + event.reason));
addEventListener('securitypolicyviolation', event => testFaults.push('refused: ' + event.blockedURI));
addEventListener('load', async () => {
  try {
    await testScript();
  } catch (error) {
    testFaults.push('test: ' + error);
  }
  for (const entry of performance.getEntriesByType('resource')) testFaults.push('fetched: ' + entry.name);
  const result = document.createElement('pre');
  result.textContent = ['<<<', ...testSaid, '===', ...testFaults, '>>>'].join('\n');
  document.documentElement.replaceChildren(result);
});
async function testScript() {
HTML
    cat "$script"
    echo '}</script>'
  } >"$work/test.html"
  # The doctype has to stay in front.
  sed "0,/<head>/{/<head>/r $work/test.html
  }" "$page" >"$work/page.html"
  browser_start "$work" --virtual-time-budget=20000 --dump-dom "file://$work/page.html" >"$work/dom" || status=2
  sed -n '/&lt;&lt;&lt;/,/&gt;&gt;&gt;/p' "$work/dom" | sed '1d; $d; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g' >"$work/said"
  sed '/^===$/,$d' "$work/said"
  grep -q '^===$' "$work/said" || { status=2 && tail -n 5 "$work/log" >&2; }
  sed '0,/^===$/d' "$work/said" >"$work/faults"
  grep ':CONSOLE' "$work/log" >>"$work/faults" || true
  if [[ -s $work/faults ]]; then
    cat "$work/faults" >&2
    status=1
  fi
  rm -rf "$work"
  return "$status"
}

# browser_picture PAGE FILE.png [WIDTH,HEIGHT] [dark]: what a user sees, to be looked at by hand.
browser_picture() {
  local work status=0 scheme=1
  work=$(mktemp -d)
  [[ ${4:-} == dark ]] && scheme=0
  browser_start "$work" --hide-scrollbars --window-size="${3:-1280,900}" --virtual-time-budget=20000 \
    --blink-settings=preferredColorScheme=$scheme --screenshot="$2" "file://$(realpath "$1")" || status=$?
  rm -rf "$work"
  return "$status"
}

#!/usr/bin/env python3
"""Boots one kernel in QEMU, lets it load modules, and compares what it shows and says with what btfx tells.

  boot.py --btfx BTFX --tree DIR --architecture ARCH --init INIT [--foreign DIR] [--count N] [--row FILE] --work DIR NAME...

DIR is where a kernel's packages are unpacked; NAME... are modules, which are loaded with what they depend on. What disagrees is
printed; the status is 1 then. FILE receives the row of the table in docs/booted.md. Without KVM: any machine can do it.
"""
import argparse
import collections
import json
import os
import re
import subprocess
import sys
import time

import module

QEMU = {
    # no_timer_check: on a busy machine, some boots end in "IO-APIC + timer doesn't work" without it.
    'amd64': (['qemu-system-x86_64', '-machine', 'q35', '-cpu', 'max', '-nodefaults', '-serial', 'stdio',
               '-device', 'virtio-blk-pci,drive=d'], 'console=ttyS0 no_timer_check'),
    'arm64': (['qemu-system-aarch64', '-machine', 'virt', '-cpu', 'cortex-a72', '-nodefaults', '-serial', 'stdio',
               '-device', 'virtio-blk-pci,drive=d'], 'console=ttyAMA0'),
    's390x': (['qemu-system-s390x', '-machine', 's390-ccw-virtio', '-cpu', 'max',
               '-nodefaults', '-chardev', 'stdio,id=c', '-device', 'sclpconsole,chardev=c', '-device', 'virtio-blk-ccw,drive=d'], 'console=ttysclp0'),
}
DISK_DRIVERS = ['virtio_pci', 'virtio_blk']
ROUNDS = ['as built', 'distilled', 'dedup', 'distilled, dedup']
Step = collections.namedtuple('Step', 'id name data unload')


class Kernel:
    def __init__(self, tree, btfx, work):
        self.tree, self.btfx = tree, btfx
        self.modules = next(path for path in (os.path.join(tree, prefix, 'lib/modules') for prefix in ('usr', ''))
                            if os.path.isdir(path))
        self.release = os.listdir(self.modules)[0]
        self.modules = os.path.join(self.modules, self.release)
        self.image = next(path for path in (os.path.join(self.modules, 'vmlinuz'),
                                            os.path.join(tree, 'boot/vmlinuz-' + self.release)) if os.path.exists(path))
        self.paths = {}
        for directory, _, files in os.walk(self.modules):
            for file in files:
                if '.ko' in file:
                    self.paths[file.split('.ko')[0].replace('-', '_')] = os.path.join(directory, file)
        self.base = os.path.join(work, self.release + '.btf')
        if not os.path.exists(self.base):
            run([btfx, 'extract', self.image, '-o', self.base])

    def with_dependencies(self, names, seen):
        """The modules that are there, each after those it needs; those in `seen` are loaded already."""
        order = []
        for name in names:
            if name in self.paths and name not in seen:
                seen.add(name)
                needs = ','.join(module.Module(module.read(self.paths[name])).info('depends')).split(',')
                order += self.with_dependencies([need.replace('-', '_') for need in needs], seen) + [name]
        return order

    def donor(self):
        """The smallest module that husk() can use."""
        for path in sorted(self.paths.values(), key=os.path.getsize):
            data = module.read(path)
            if module.is_donor(data):
                return data
        raise ValueError('no module without dependencies')


def run(command, statuses=(0,)):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in statuses:
        sys.exit(f"{' '.join(command)}: status {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def write(path, data):
    with open(path, 'wb') as file:
        file.write(data)
    return path


def initramfs(files):
    """A cpio archive (newc) of {path: (mode, bytes)}."""
    out = bytearray()
    for number, (path, (mode, data)) in enumerate([*files.items(), ('TRAILER!!!', (0, b''))], 1):
        fields = [number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path) + 1, 0]
        out += b'070701' + ''.join(f'{field:08x}' for field in fields).encode() + path.encode() + b'\0'
        out += bytes(-len(out) % 4)
        out += data
        out += bytes(-len(out) % 4)
    return bytes(out)


def boot(kernel, architecture, init, steps, work, timeout):
    """{record: bytes} of a boot that takes the steps, and its seconds."""
    files = {'dev': (0o40755, b''), 'init': (0o100755, read(init))}
    plan = []
    for step in steps:
        if step.unload:
            plan.append(f'unload {step.id} {step.name}')
        else:
            files[step.id + '.ko'] = (0o100644, step.data)
            plan.append(f'load {step.id} {step.name} /{step.id}.ko')
    files['plan'] = (0o100644, ('\n'.join(plan) + '\n').encode())
    archive, disk, console = (os.path.join(work, name) for name in ('initramfs', 'disk', 'console'))
    write(archive, initramfs(files))
    with open(disk, 'wb') as file:
        file.truncate(512 << 20)
    machine, arguments = QEMU[architecture]
    start = time.monotonic()
    with open(console, 'wb') as file:
        try:
            subprocess.run(['nice', '-n', '19', *machine, '-accel', 'tcg', '-smp', '1', '-m', '1G', '-display', 'none',
                            '-no-reboot', '-kernel', kernel.image, '-initrd', archive,
                            '-drive', f'if=none,id=d,format=raw,file={disk},cache=unsafe', '-append',
                            f'{arguments} rdinit=/init panic=1 loglevel=4 log_buf_len=4M printk.devkmsg=on mitigations=off'],
                           stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, timeout=timeout, check=False)
        except subprocess.TimeoutExpired:
            print(f'{kernel.release}: stopped after {timeout} s')
    seconds = time.monotonic() - start
    records = {}
    with open(disk, 'rb') as file:
        while True:
            header = file.readline(400).split()
            if len(header) != 2 or header[0] == b'end':
                break
            records[header[0].decode()] = file.read(int(header[1]))
            file.read(1)
    if not header or header[0] != b'end':
        print(f'{kernel.release}: the boot did not come to its end; the last lines of {console}:')
        print('\n'.join(read(console).decode(errors='replace').splitlines()[-5:]))
    os.unlink(disk)
    os.unlink(archive)
    return records, seconds


def words(log):
    """What the kernel says of a module's BTF, as btfx prints it, and the errno (0 when it names none). The verifier's words come
    in pieces, a record each."""
    log = re.sub(r'\\x([0-9a-f]{2})', lambda match: chr(int(match[1], 16)), log)
    pieces = [re.sub('^BPF:', '', line) for line in log.splitlines()
              if re.match(r'BPF:|distilled base BTF|base BTF id|type \[|string ', line)]
    error = re.search(r'failed to validate module \[.*?\] BTF: -?(\d+)', log)
    return ' '.join(' '.join(pieces).split()), int(error[1]) if error else 0


class Judge:
    """Counts what agrees, and prints what does not."""

    def __init__(self, release):
        self.release = release
        self.agree, self.loads = collections.Counter(), collections.Counter()

    def count(self, what, name, kernel, btfx):
        self.loads[what] += 1
        if kernel == btfx:
            self.agree[what] += 1
        else:
            print(f'{self.release}: {what}: {name}\n  kernel: {kernel}\n  btfx:   {btfx}')

    def cell(self, what):
        return f'{self.agree[what]} of {self.loads[what]}' if self.loads[what] else '-'


def described(data):
    return f'{len(data)} bytes, {hash(data) & 0xffffffff:08x}' if data is not None else 'no BTF'


def own_rounds(kernel, names, work):
    """The module as it is, and as btfx rewrites it: {round: {name: (module, the BTF that the kernel must show)}}"""
    made = {what: {} for what in ROUNDS}
    for name in names:
        plain = write(os.path.join(work, name + '.ko'), module.read(kernel.paths[name]))
        if not module.Module(read(plain)).section('.BTF'):
            continue
        commands = {'as built': None, 'distilled': ['distill'], 'dedup': ['dedup'], 'distilled, dedup': ['distill', '--dedup']}
        for number, (what, command) in enumerate(commands.items()):
            path = plain
            if command:
                path = os.path.join(work, f'{name}.{number}.ko')
                run([kernel.btfx, '-q', *command, plain, '-B', kernel.base, '--strip-signature', '-o', path])
            check = json.loads(run([kernel.btfx, 'check', path, '-B', kernel.base, '-j', '-v'], (0, 1)))
            if check['results'][0]['verdict'] != 'ok':
                print(f"{kernel.release}: {what}: {name} is not booted: check says {check['results'][0]['verdict']}")
                continue
            shown = os.path.join(work, f'{name}.{number}.btf')
            run([kernel.btfx, *(['relocate'] if 'distilled' in what else ['extract']), path,
                 *(['-B', kernel.base] if 'distilled' in what else []), '-o', shown])
            made[what][name] = read(path), read(shown)
    return made


def refusal(check):
    """What btfx's check foretells: (is it taken, the kernel's words)"""
    said = [finding['text'] for finding in check['findings'] if finding['code'].startswith('kernel-')]
    return check['kernel_error'] is None, ' '.join(said[0].split(': ', 1)[1].split()) if said else ''


def foreign_husks(kernel, foreign, count, work):
    """Modules of another kernel, as husks: {id: (what, module, does it load, BTF or None, words)}"""
    husks = {}
    if not count:
        return husks
    donor, origin = kernel.donor(), foreign.base
    names = [name for name in sorted(foreign.paths) if len(name) < 50]
    names = names[::max(1, len(names) // (8 * count))]
    inputs = os.path.join(work, 'foreign')
    os.makedirs(inputs, exist_ok=True)
    for name in names:
        write(os.path.join(inputs, name + '.ko'), module.read(foreign.paths[name]))
    fits = json.loads(run([kernel.btfx, 'relocate', inputs, '--from', origin, '-B', kernel.base, '--dry-run', '-j'], (0, 1, 2)))
    by_answer = {True: [], False: []}
    for result in fits['results']:
        if 'error' not in result:
            by_answer[result['kernel_relocates']].append(os.path.basename(result['module'])[:-len('.ko')])
    refused = by_answer[False][:count // 2]
    chosen = refused + by_answer[True][:count - len(refused)]
    for number, name in enumerate(chosen):
        plain = os.path.join(inputs, name + '.ko')
        distilled = os.path.join(work, name + '.distilled.ko')
        run([kernel.btfx, '-q', 'distill', plain, '-B', origin, '-o', distilled])
        # Malformed distilled BTF can bring a kernel down: only what is right on its own kernel is booted.
        own = json.loads(run([kernel.btfx, 'check', distilled, '-B', origin, '-j', '-v'], (0, 1)))
        if own['results'][0]['verdict'] != 'ok':
            print(f"{kernel.release}: {name} of {foreign.release} is not booted: check says {own['results'][0]['verdict']}")
            continue
        parts = module.Module(read(distilled))
        husk = module.husk(donor, name, {part: parts.section(part).data for part in ('.BTF', '.BTF.base')})
        path = write(os.path.join(work, name + '.husk.ko'), husk)
        shown = os.path.join(work, name + '.husk.btf')
        result = json.loads(run([kernel.btfx, 'relocate', path, '-B', kernel.base, '-o', shown, '-j'], (0, 1)))['results'][0]
        check = json.loads(run([kernel.btfx, 'check', path, '-B', kernel.base, '-j', '-v'], (0, 1)))['results'][0]['checks'][0]
        if result['kernel_relocates'] != (check['verdict'] == 'ok'):
            print(f"{kernel.release}: {name}: relocate says {result['kernel_relocates']}, check {check['verdict']}")
        husks[f'f{number}'] = ('relocated' if result['kernel_relocates'] else 'not relocated', name, husk,
                               result['kernel_relocates'], read(shown) if result['kernel_relocates'] else None,
                               ' '.join((result['kernel_log'] or '').split()))
    for number, name in enumerate(names[::max(1, len(names) // count)]):
        section = module.Module(read(os.path.join(inputs, name + '.ko'))).section('.BTF')
        if not section:
            continue
        husk = module.husk(donor, 's_' + name, {'.BTF': section.data})
        path = write(os.path.join(work, name + '.split.ko'), husk)
        check = json.loads(run([kernel.btfx, 'check', path, '-B', kernel.base, '-j', '-v'], (0, 1)))['results'][0]['checks'][0]
        taken, said = refusal(check)
        husks[f's{number}'] = ('foreign split', 's_' + name, husk, taken, section.data if taken else None, said)
    return husks


def main():
    parser = argparse.ArgumentParser()
    for option in ('btfx', 'tree', 'architecture', 'init', 'work'):
        parser.add_argument('--' + option, required=True)
    parser.add_argument('--foreign')
    parser.add_argument('--count', type=int, default=20)
    parser.add_argument('--row')
    parser.add_argument('--timeout', type=int, default=1800)
    parser.add_argument('names', nargs='*')
    options = parser.parse_args()
    os.makedirs(options.work, exist_ok=True)
    kernel = Kernel(options.tree, options.btfx, options.work)
    judge = Judge(kernel.release)

    drivers = kernel.with_dependencies(DISK_DRIVERS, set())
    steps = [Step(f'd{number}', name, module.read(kernel.paths[name]), False) for number, name in enumerate(drivers)]
    order = kernel.with_dependencies(options.names, set(drivers))
    rounds = own_rounds(kernel, order, options.work)
    for number, what in enumerate(ROUNDS):
        if set(rounds[what]) != set(rounds['as built']):
            continue  # dependencies would miss
        loads = [Step(f'r{number}.{name}', name, rounds[what][name][0], False) for name in order if name in rounds[what]]
        steps += loads + [Step('u' + step.id, step.name, None, True) for step in reversed(loads)]
    foreign = Kernel(options.foreign, options.btfx, options.work) if options.foreign else None
    husks = foreign_husks(kernel, foreign, options.count, options.work) if foreign else {}
    for key, (_, name, husk, *_) in husks.items():
        steps += [Step(key, name, husk, False), Step('u' + key, name, None, True)]

    records, seconds = boot(kernel, options.architecture, options.init, steps, options.work, options.timeout)
    silent = 0
    for number, what in enumerate(ROUNDS):
        for name, (_, shown) in rounds[what].items():
            key = f'r{number}.{name}'
            if not any(step.id == key for step in steps):
                continue
            log = records.get(key + '.log', b'').decode(errors='replace')
            # A set of kfuncs whose ids are wrong is registered with words, or not at all.
            complaints = [line for line in log.splitlines() if re.search('BTF|BPF|WARNING|kfunc', line)]
            judge.count(what, name,
                        (records.get(key + '.status', b'not loaded').decode(), described(records.get(key + '.btf')), complaints),
                        ('0', described(shown), []))
    for key, (what, name, _, taken, shown, said) in husks.items():
        heard, error = words(records.get(key + '.log', b'').decode(errors='replace'))
        if f'{key}.status' not in records:
            judge.count(what, name, 'not loaded', 'loads')
            continue
        btf = records.get(key + '.btf')
        if not heard and btf is None and records[key + '.status'] == b'0' and said:
            silent += 1  # a kernel that loads a module without its BTF does not always say why
            heard = said
        judge.count(what, name, (btf is not None, described(btf), heard), (taken, described(shown), said))
        if btf is None and error not in (0, 22):
            print(f'{kernel.release}: {name}: errno {error}')
    agree = judge.agree == judge.loads and sum(judge.loads.values()) > 0
    if options.row:
        cells = [kernel.release, options.architecture, *(judge.cell(what) for what in ROUNDS),
                 foreign.release if foreign else '-',
                 *(judge.cell(what) for what in ('relocated', 'not relocated', 'foreign split')), f'{seconds:.0f} s']
        write(options.row, ('| ' + ' | '.join(cells) + ' |\n').encode())
    print(f"{kernel.release}: {sum(judge.agree.values())} of {sum(judge.loads.values())} loads agree"
          f"{f' ({silent} refused without a word)' if silent else ''}, {seconds:.0f} s")
    return 0 if agree else 1


if __name__ == '__main__':
    sys.exit(main())

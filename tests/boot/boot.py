#!/usr/bin/env python3
"""Boots one kernel in QEMU, lets it load modules, and compares what it shows and says with what btfx tells.

  boot.py --btfx BTFX --tree DIR --architecture ARCH --init INIT [--foreign DIR] [--count N] [--row FILE] --work DIR NAME...

DIR is where a kernel's packages are unpacked; NAME... are modules, which are loaded with what they depend on. What disagrees is
printed; the status is 1 then. FILE receives the row of the table in docs/booted.md. Without KVM: any machine can do it.
"""
import argparse
import collections
import errno
import hashlib
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
    's390x': (['qemu-system-s390x', '-machine', 's390-ccw-virtio', '-cpu', 'max', '-nodefaults', '-chardev', 'stdio,id=c',
               '-device', 'sclpconsole,chardev=c', '-device', 'virtio-blk-ccw,drive=d'], 'console=ttysclp0'),
}
DISK_DRIVERS = ['virtio_pci', 'virtio_blk']
ROUNDS = {'as built': [], 'distilled': ['distill'], "dedup'd": ['dedup'], "distilled, dedup'd": ['distill', '--dedup']}
Step = collections.namedtuple('Step', 'id name data unload')
# What btfx foretells of it: the BTF that the kernel shows, or None, its words, and the errno, 0 if it takes it.
Husk = collections.namedtuple('Husk', 'what name data shown said error')


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
                            f'{arguments} rdinit=/init panic=1 loglevel=4 log_buf_len=4M mitigations=off nokaslr nowatchdog '
                            'cryptomgr.notests'],
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
    """What the kernel says of a module's BTF, as btfx prints it: the verifier's words come in pieces, a record each."""
    log = re.sub(r'\\x([0-9a-f]{2})', lambda match: chr(int(match[1], 16)), log)
    pieces = [re.sub('^BPF:', '', line) for line in log.splitlines()
              if re.match(r'BPF:|distilled base BTF|base BTF id|type \[|string ', line)]
    return ' '.join(' '.join(pieces).split())


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
    return f'{len(data)} bytes, {hashlib.sha256(data).hexdigest()[:16]}' if data is not None else 'no BTF'


def report(btfx, command, arguments):
    """{name of the module: its result} of a command with many modules."""
    results = json.loads(run([btfx, command, *arguments, '-j'], (0, 1, 2)))['results']
    return {os.path.basename(result['module'])[:-len('.ko')]: result for result in results if 'error' not in result}


def folder(*parts):
    path = os.path.join(*parts)
    os.makedirs(path, exist_ok=True)
    return path


def paths_in(directory, names):
    return [os.path.join(directory, name + '.ko') for name in names]


def btf_of(path):
    return module.Module(read(path)).section('.BTF')


def own_rounds(kernel, names, work):
    """The modules as they are, and as btfx rewrites them: {round: {name: (module, the BTF that the kernel must show)}}"""
    made = {}
    for what, command in ROUNDS.items():
        directory, shown = folder(work, what), folder(work, what + ' shown')
        for name in names:
            write(os.path.join(directory, name + '.ko'), module.read(kernel.paths[name]))
        paths = [path for path in paths_in(directory, names) if btf_of(path)]
        if command:
            run([kernel.btfx, '-q', *command, *paths, '-B', kernel.base, '--in-place'])
        if 'distill' in command:
            run([kernel.btfx, '-q', 'relocate', *paths, '-B', kernel.base, '--output-dir', shown], (0, 1))
        checks = report(kernel.btfx, 'check', [*paths, '-B', kernel.base, '-v'])
        made[what] = {}
        left_out = [name for name, check in checks.items() if check['verdict'] != 'ok']
        if left_out:
            print(f'{kernel.release}: {what}: not booted, as check does not accept them:', *left_out)
        for path in paths:
            name = os.path.basename(path)[:-len('.ko')]
            if name in left_out:
                continue
            expected = read(os.path.join(shown, name + '.ko.BTF')) if 'distill' in command else btf_of(path).data
            made[what][name] = read(path), expected
    return made


def foreign_husks(kernel, foreign, count, work):
    """Modules of another kernel, as husks: {id: Husk}"""
    husks = {}
    donor, origin = kernel.donor(), foreign.base
    names = [name for name in sorted(foreign.paths) if len(name) < 50]
    names = names[::max(1, len(names) // (8 * count))]
    plain, distilled, husked = (folder(work, 'foreign', what) for what in ('plain', 'distilled', 'husk'))
    shown = folder(work, 'foreign', 'shown')
    for path, name in zip(paths_in(plain, names), names):
        write(path, module.read(foreign.paths[name]))
    names = [name for path, name in zip(paths_in(plain, names), names) if btf_of(path)]

    fits = report(kernel.btfx, 'relocate', [*paths_in(plain, names), '--from', origin, '-B', kernel.base, '--dry-run'])
    refused = [name for name in names if not fits[name]['kernel_relocates']][:count // 2]
    chosen = refused + [name for name in names if fits[name]['kernel_relocates']][:count - len(refused)]
    for path, name in zip(paths_in(distilled, chosen), chosen):
        write(path, read(os.path.join(plain, name + '.ko')))
    run([kernel.btfx, '-q', 'distill', *paths_in(distilled, chosen), '-B', origin, '--in-place'])
    # Malformed distilled BTF can bring a kernel down: only what is right on its own kernel is booted.
    own = report(kernel.btfx, 'check', [*paths_in(distilled, chosen), '-B', origin, '-v'])
    for name in [name for name in chosen if own[name]['verdict'] != 'ok']:
        print(f"{kernel.release}: {name} of {foreign.release} is not booted: check says {own[name]['verdict']}")
        chosen.remove(name)
    for path, name in zip(paths_in(husked, chosen), chosen):
        parts = module.Module(read(os.path.join(distilled, name + '.ko')))
        write(path, module.husk(donor, name, {part: parts.section(part).data for part in ('.BTF', '.BTF.base')}))
    split = names[::max(1, len(names) // count)]
    for path, name in zip(paths_in(husked, ['s_' + name for name in split]), split):
        write(path, module.husk(donor, 's_' + name, {'.BTF': btf_of(os.path.join(plain, name + '.ko')).data}))

    relocations = report(kernel.btfx, 'relocate', [*paths_in(husked, chosen), '-B', kernel.base, '--output-dir', shown])
    checks = report(kernel.btfx, 'check', [husked, '-B', kernel.base, '-v'])
    for number, name in enumerate(chosen):
        loads = relocations[name]['kernel_relocates']
        if loads != (checks[name]['verdict'] == 'ok'):
            print(f"{kernel.release}: {name}: relocate says {loads}, check {checks[name]['verdict']}")
        husks[f'f{number}'] = Husk('relocated' if loads else 'not relocated', name, read(os.path.join(husked, name + '.ko')),
                                   read(os.path.join(shown, name + '.ko.BTF')) if loads else None,
                                   ' '.join((relocations[name]['kernel_log'] or '').split()),
                                   0 if loads else abs(relocations[name]['errno']))
    for number, name in enumerate('s_' + name for name in split):
        path = os.path.join(husked, name + '.ko')
        check = checks[name]['checks'][0]
        said = [finding['text'] for finding in check['findings'] if finding['code'].startswith('kernel-')]
        error = check['kernel_error']
        husks[f's{number}'] = Husk('foreign split', name, read(path), None if error else btf_of(path).data,
                                   ' '.join(said[0].split(': ', 1)[1].split()) if said else '',
                                   getattr(errno, error) if error else 0)
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
    for key, husk in husks.items():
        steps += [Step(key, husk.name, husk.data, False), Step('u' + key, husk.name, None, True)]

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
    for key, husk in husks.items():
        heard = words(records.get(key + '.log', b'').decode(errors='replace'))
        status = records.get(key + '.status', b'not loaded').decode()
        btf = records.get(key + '.btf')
        # Kernels with MODULE_ALLOW_BTF_MISMATCH load the module without its BTF, and do not always say why.
        if status == '0' and btf is None and husk.error:
            silent += not heard
            status, heard = str(husk.error), heard or husk.said
        judge.count(husk.what, husk.name, (described(btf), status, heard),
                    (described(husk.shown), str(husk.error), husk.said))
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

"""Kernel modules as ELF64 files: their sections, and a module that holds nothing but another one's BTF."""
import lzma
import struct

SIGNATURE_END = b'~Module signature appended~\n'
NAME_OFFSET, NAME_SIZE = 24, 56  # of struct module's name on 64 bit: after enum module_state and struct list_head


class Section:
    FORMAT = 'IIQQQQIIQQ'
    SIZE = 64

    def __init__(self, values, data):
        (self.name_offset, self.type, self.flags, self.address, self.offset, self.size, self.link, self.info,
         self.align, self.entry_size) = values
        self.data = data
        self.name = ''
        self.changed = False

    def header(self, order):
        return struct.pack(order + self.FORMAT, self.name_offset, self.type, self.flags, self.address, self.offset,
                           self.size, self.link, self.info, self.align, self.entry_size)


class Module:
    def __init__(self, data):
        self.data = without_signature(data)
        if self.data[:5] != b'\x7fELF\x02':
            raise ValueError('no 64-bit ELF file')
        self.order = '<' if self.data[5] == 1 else '>'
        start = struct.unpack_from(self.order + 'Q', self.data, 40)[0]
        count, names = struct.unpack_from(self.order + 'HH', self.data, 60)
        self.sections = []
        for index in range(count):
            values = struct.unpack_from(self.order + Section.FORMAT, self.data, start + index * Section.SIZE)
            nothing = values[1] in (0, 8)  # SHT_NULL, SHT_NOBITS
            self.sections.append(Section(values, b'' if nothing else self.data[values[4]:values[4] + values[5]]))
        self.names = self.sections[names]
        for section in self.sections:
            end = self.names.data.index(b'\0', section.name_offset)
            section.name = self.names.data[section.name_offset:end].decode()

    def section(self, name):
        return next((section for section in self.sections if section.name == name), None)

    def info(self, key):
        """The values of a key of .modinfo."""
        entries = (entry.decode(errors='replace') for entry in self.section('.modinfo').data.split(b'\0'))
        return [entry[len(key) + 1:] for entry in entries if entry.startswith(key + '=')]

    def put(self, name, data):
        """Gives a section these bytes; a new one is loaded with the module, as kbuild's .BTF is."""
        section = self.section(name)
        if not section:
            section = Section((0, 1, 2, 0, 0, 0, 0, 0, 8, 0), b'')
            section.name = name
            self.sections.append(section)
        section.data, section.changed = data, True

    def empty(self, name):
        """Leaves a section's index in place, as others refer to it, but nothing of its name, type and bytes."""
        section = self.section(name)
        if section:
            section.name, section.type, section.flags, section.data, section.changed = '.emptied', 1, 0, b'', True

    def bytes(self):
        offsets = {}
        table = bytearray()
        for section in self.sections:
            if section.name not in offsets:
                offsets[section.name] = len(table)
                table += section.name.encode() + b'\0'
            section.name_offset = offsets[section.name]
        self.names.data, self.names.changed = bytes(table), True
        out = bytearray(self.data)
        for section in self.sections:
            if section.changed:
                out += bytes(-len(out) % 64)
                section.offset, section.size = len(out), len(section.data)
                out += section.data
        out += bytes(-len(out) % 64)
        struct.pack_into(self.order + 'Q', out, 40, len(out))
        struct.pack_into(self.order + 'H', out, 60, len(self.sections))
        for section in self.sections:
            out += section.header(self.order)
        return bytes(out)


def without_signature(data):
    if not data.endswith(SIGNATURE_END):
        return data
    end = len(data) - len(SIGNATURE_END)
    length = struct.unpack_from('>I', data, end - 4)[0]
    return data[:end - 12 - length]


def read(path):
    """The bytes of a module, without the compression of Debian's, nor a signature."""
    with open(path, 'rb') as file:
        data = file.read()
    return without_signature(lzma.decompress(data) if data.startswith(b'\xfd7zXZ\0') else data)


def is_donor(data):
    """Can husk() use this module? It must need no other one, and export nothing that a second copy would export again."""
    module = Module(data)
    return (module.section('.BTF') is not None and not any(module.info('depends')) and
            not any(section.name.startswith('__ksymtab') and section.data for section in module.sections))


def husk(donor, name, sections):
    """The module `donor` under another name, with these sections, and with neither init nor exit function: nothing of it runs,
    but its version magic, symbols and struct module are those of its kernel, which reads its BTF as that of any module."""
    module = Module(donor)
    this = bytearray(module.section('.gnu.linkonce.this_module').data)
    encoded = name.encode()
    if len(encoded) >= NAME_SIZE:
        raise ValueError(name + ': too long for the name of a module')
    this[NAME_OFFSET:NAME_OFFSET + NAME_SIZE] = encoded.ljust(NAME_SIZE, b'\0')
    module.put('.gnu.linkonce.this_module', bytes(this))
    module.empty('.rela.gnu.linkonce.this_module')
    kept = [entry for entry in module.section('.modinfo').data.split(b'\0')
            if entry.split(b'=')[0] in (b'vermagic', b'license', b'intree', b'retpoline')]
    module.put('.modinfo', b'\0'.join(kept + [b'name=' + encoded, b'depends=', b'']))
    for unwanted in ('.BTF', '.BTF.base', '.BTF_ids'):
        module.empty(unwanted)
    for wanted, data in sections.items():
        module.put(wanted, data)
    return module.bytes()

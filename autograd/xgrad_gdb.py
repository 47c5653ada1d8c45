"""Shows xgrad's tensors in gdb: shape, dtype, gradient, node and first values.

    (gdb) source <prefix>/share/xgrad/gdb/xgrad_gdb.py
    (gdb) print y
    $1 = Tensor (2, 3) float32, grad_fn=<TanhBackward0>: [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]

Put the first line into ~/.gdbinit to have it always. Nothing of the program is called, only its memory is read, so this
works on a core file too. The program must have been compiled with -g (clang: -g -fstandalone-debug), the library need
not.
"""

import re
import struct

import gdb
import gdb.printing

MAX_VALUES = 20
MAX_RANK = 64
# By the value of ScalarType: name, as the struct module reads it.
DTYPES = [("bool", "?"), ("uint8", "B"), ("int32", "i"), ("int64", "q"), ("float32", "f"), ("float64", "d")]


def pointer_at(address):
    """The pointer stored at an address."""
    return address.cast(gdb.lookup_type("void").pointer().pointer()).dereference()


def numbers_of(dims):
    """The elements of a detail::Dims or an IntArrayRef."""
    size = int(dims["size_"])
    if not 0 <= size <= MAX_RANK:
        raise ValueError(f"a list of {size} dimensions")
    if any(field.name == "data_" for field in dims.type.strip_typedefs().fields()):
        first = dims["data_"]
    else:
        inline = dims["inline_"]
        first = dims["heap_"] if size > inline.type.range()[1] + 1 else inline[0].address
    return [int(first[i]) for i in range(size)]


def shape_text(sizes):
    return "(" + ", ".join(map(str, sizes)) + ("," if len(sizes) == 1 else "") + ")"


def node_name(node):
    """What the node's name() would return, as far as memory tells."""
    table = pointer_at(node).format_string(symbols=True)  # "0x5555 <vtable for xgrad::ops::OpNodeOf<...>+16>"
    found = re.search(r"<vtable for (.*)\+\d+>$", table)
    if not found:
        return f"node at {int(node):#x}"
    name = found.group(1)
    is_function = name == "xgrad::detail::FunctionNode"
    if not is_function and not name.startswith("xgrad::ops::"):
        return re.sub(r"<.*", "", name.replace("(anonymous namespace)::", "")).split("::")[-1]
    # The first thing that FunctionNode and OpNode add to Node is a name: a std::string, which begins with the address of
    # its text, or that address itself.
    address = int(node) + gdb.lookup_type("xgrad::autograd::Node").sizeof
    text = pointer_at(gdb.Value(address)).cast(gdb.lookup_type("char").pointer()).string()
    if is_function:
        return text + "Backward"
    if text == "copy_":
        return "CopyBackwards"
    return re.sub(r"(^|_|(?<=\d))([a-z])", lambda m: m.group(2).upper(), text).replace("_", "") + "Backward0"


class Elements:
    """The first values of a tensor as nested lists."""

    def __init__(self, impl):
        storage = impl["storage"]["p_"]
        self.code = DTYPES[int(impl["dtype"])][1]
        self.item_size = struct.calcsize(self.code)
        self.begin = int(storage["data_"]) + int(impl["offset"]) * self.item_size
        self.sizes = numbers_of(impl["sizes"])
        self.strides = numbers_of(impl["strides"])
        self.left = MAX_VALUES

    def value(self, offset):
        self.left -= 1
        memory = gdb.selected_inferior().read_memory(self.begin + offset * self.item_size, self.item_size)
        number = struct.unpack(self.code, memory)[0]
        return f"{number:g}" if isinstance(number, float) else str(number)

    def text(self, dim=0, offset=0):
        if dim == len(self.sizes):
            return self.value(offset)
        parts = []
        for i in range(self.sizes[dim]):
            if self.left <= 0:
                parts.append("...")
                break
            parts.append(self.text(dim + 1, offset + i * self.strides[dim]))
        return "[" + ", ".join(parts) + "]"


class TensorPrinter:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        impl = self.value["impl_"]["p_"]
        if int(impl) == 0:
            return "Tensor (undefined)"
        try:
            return self.describe(impl.dereference())
        except gdb.MemoryError:
            return "Tensor (not readable: not constructed yet, or destroyed)"
        except (ValueError, IndexError, UnicodeDecodeError):
            return "Tensor (invalid: not constructed yet, or destroyed)"

    @staticmethod
    def describe(impl):
        if not impl.type.fields():
            return "Tensor (compile with -fstandalone-debug to see inside)"
        text = f"Tensor {shape_text(numbers_of(impl['sizes']))} {DTYPES[int(impl['dtype'])][0]}"
        node = impl["grad_fn"]["p_"]
        if int(node) != 0:
            text += f", grad_fn=<{node_name(node)}>"
        elif impl["requires_grad"]:
            text += ", requires_grad=True"
        if int(pointer_at(impl["transform"].address)) != 0:
            return text + ", inside jvp or vmap"
        return text + ": " + Elements(impl).text()


class ScalarPrinter:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        kind = DTYPES[int(self.value["kind_"])][0]
        if kind == "float64":
            return f"Scalar {float(self.value['d_']):g}"
        number = int(self.value["i_"])
        return f"Scalar {bool(number) if kind == 'bool' else number}"


class DimsPrinter:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        try:
            return shape_text(numbers_of(self.value))
        except (gdb.MemoryError, ValueError):
            return "(invalid)"


class ModuleHolderPrinter:
    def __init__(self, value):
        self.module = value["impl_"]["_M_ptr"]
        self.contained = self.module.type.target().strip_typedefs()

    def to_string(self):
        return f"holder of {self.contained}" if int(self.module) else f"empty holder of {self.contained}"

    def children(self):
        if int(self.module) and self.contained.fields():
            yield "module", self.module.dereference()


def printers():
    collection = gdb.printing.RegexpCollectionPrettyPrinter("xgrad")
    collection.add_printer("Tensor", "^xgrad::Tensor$", TensorPrinter)
    collection.add_printer("Scalar", "^xgrad::Scalar$", ScalarPrinter)
    collection.add_printer("Dims", "^xgrad::(detail::Dims|IntArrayRef)$", DimsPrinter)
    collection.add_printer("ModuleHolder", "^xgrad::nn::ModuleHolder<.*>$", ModuleHolderPrinter)
    return collection


gdb.printing.register_pretty_printer(gdb.current_objfile(), printers(), replace=True)

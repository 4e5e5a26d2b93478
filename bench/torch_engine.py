"""PyTorch with cuDNN as an engine that is compared with Sluice on a GPU: started by bench/gpu-speed.sh.

It reads lines and answers each with one, as Sluice's process does (class GpuEngineServer says which). Numbers follow from names
alone, so that both engines draw the same. All state is in tensors of this process; nothing is installed and no file is kept.

  torch_engine.py [cuda|cpu]     cpu computes the same and takes the times by the host's clock: for tests

Needs Python 3.9 or newer and PyTorch 2.2 or newer, nothing else.
"""

import array
import ctypes
import os
import signal
import struct
import sys
import time
import traceback

os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")  # no processes of its own that outlive a turn
os.environ.setdefault("CUDA_MODULE_LOADING", "LAZY")

GOLDEN_GAMMA = 0x9E3779B97F4A7C15
CHUNK = 1 << 24  # numbers that are drawn at a time
SET_BYTES = 256 << 20  # of all sets of inputs together, as in class InputSets
MOST_SETS = 512
LEAST_SAMPLES = 1 << 18  # as in class Samples

LEARNING_RATE = 1e-4  # this and what follows as in class WorkData
CLIP_NORM = 1.0
ADAM_BETAS = (0.9, 0.999)
ADAM_EPSILON = 1e-8
CHECKED_LOSSES = 4

# Under autocast cuDNN computes in fp16, whose smallest normal number is 6e-5, and gradients of a mean loss are smaller than that.
# A power of two in front of the loss changes no result in fp32; it is used for what is compared, not for what is timed.
LOSS_SCALE = 2.0**14


def signed(value, bits=64):
    """The number that these bits are in two's complement."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def java_hash(text):
    """String.hashCode of Java."""
    value = 0
    for character in text:
        value = 31 * value + ord(character)
    return signed(value, 32)


def shifted(bits, count):
    """bits >>> count of Java, in tensors of int64."""
    return (bits >> count) & ((1 << (64 - count)) - 1)


def draw_bits(torch, name, first, count, device):
    """The upper 24 bits of each number that Java's SplittableRandom(name.hashCode()).nextInt() gives, from number `first` on."""
    state = torch.arange(first + 1, first + count + 1, dtype=torch.int64, device=device)
    state = state * signed(GOLDEN_GAMMA) + java_hash(name)
    state = (state ^ shifted(state, 33)) * signed(0x62A9D9ED799705F5)
    state = (state ^ shifted(state, 28)) * signed(0xCB24D0A5C88C35B3)
    return shifted(state, 40)


def drawn(torch, name, shape, device, dtype, finish):
    """A tensor of numbers that follow from a name: `finish` turns 24 bits of each into the number."""
    size = 1
    for extent in shape:
        size *= extent
    values = torch.empty(size, dtype=dtype, device=device)
    for first in range(0, size, CHUNK):
        count = min(CHUNK, size - first)
        values[first : first + count] = finish(draw_bits(torch, name, first, count, device))
    return values.view(shape)


def uniform(torch, name, shape, width, device):
    """fp32 numbers, uniform in +-width, rounded as Java rounds."""
    factor = struct.unpack("f", struct.pack("f", width))[0]

    def finish(bits):
        return (bits.to(torch.float32) * 2.0**-23 - 1.0) * factor

    return drawn(torch, name, shape, device, torch.float32, finish)


def integers(torch, name, shape, bound, device):
    """Whole numbers, uniform in 0..bound-1."""
    return drawn(torch, name, shape, device, torch.int64, lambda bits: (bits * bound) >> 24)


class Work:
    """What class Contender writes: KIND CELL H L D B T V LENGTHS TYPE MODE."""

    def __init__(self, words):
        word = words.split(" ")
        if len(word) != 11:
            raise ValueError("not a work: " + words)
        self.kind, self.cell = word[0], word[1]
        self.hidden, self.layers, self.directions, self.batch, self.steps, self.vocabulary = map(int, word[2:8])
        self.variable = word[8] == "variable"
        self.type, self.mode = word[9], word[10]
        if self.cell not in ("LSTM", "GRU"):
            raise ValueError("PyTorch is asked for LSTM and GRU only, not " + self.cell)

    def lengths(self, torch):
        """Of the sequences, longest first, the first T."""
        least = (self.steps + 1) // 2
        rest = integers(torch, "lengths", (self.batch,), self.steps - least + 1, "cpu").tolist()
        return sorted([self.steps] + [least + length for length in rest[1:]], reverse=True)


class Layers:
    """Recurrent layers, forward or forward and backward."""

    def __init__(self, torch, work, device):
        self.torch, self.work, self.device = torch, work, device
        self.training = work.kind == "TRAIN"
        self.type = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(work.type, torch.float32)
        module = torch.nn.LSTM if work.cell == "LSTM" else torch.nn.GRU
        self.module = module(
            work.hidden, work.hidden, work.layers, bidirectional=work.directions == 2, device=device, dtype=self.type
        )
        load_parameters(torch, self.module, work.hidden, device)
        self.module.flatten_parameters()
        self.module.train(self.training)
        self.lengths = torch.tensor(work.lengths(torch)) if work.variable else None  # on the CPU, where packing wants them
        x = uniform(torch, "x", (work.steps, work.batch, work.hidden), 1, device).to(self.type)
        dy = uniform(torch, "dy", (work.steps, work.batch, work.directions * work.hidden), 1, device).to(self.type)
        set_bytes = (x.numel() + (dy.numel() if self.training else 0)) * x.element_size()
        count = max(1, min(MOST_SETS, -(-SET_BYTES // set_bytes)))
        self.x_sets = [x if i == 0 else x * (1 - i / (2 * MOST_SETS)) for i in range(count)]
        self.dy_sets = [dy if i == 0 else dy * (1 - i / (2 * MOST_SETS)) for i in range(count)] if self.training else []
        self.x = x.clone().requires_grad_(self.training)
        self.dy = dy.clone() if self.training else None
        self.next = 0
        self.y = None
        self.graph = None
        if work.mode == "graph":
            self.record()

    def load(self, index):
        with self.torch.no_grad():
            self.x.copy_(self.x_sets[index])
            if self.training:
                self.dy.copy_(self.dy_sets[index])

    def forward(self):
        if self.lengths is None:
            return self.module(self.x)[0]
        rnn = self.torch.nn.utils.rnn
        packed = rnn.pack_padded_sequence(self.x, self.lengths, enforce_sorted=True)
        return rnn.pad_packed_sequence(self.module(packed)[0], total_length=self.work.steps)[0]

    def compute(self):
        if not self.training:
            with self.torch.no_grad():
                self.y = self.forward()
            return
        self.x.grad = None
        self.module.zero_grad(set_to_none=True)
        self.y = self.forward()
        self.y.backward(self.dy)

    def record(self):
        """One iteration as a CUDA graph, as PyTorch's notes on graphs say: first some on another stream."""
        torch = self.torch
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self.compute()
        torch.cuda.current_stream().wait_stream(stream)
        self.x.grad = None
        self.module.zero_grad(set_to_none=True)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.compute()

    def enqueue(self):
        self.load(self.next)
        self.next = (self.next + 1) % len(self.x_sets)
        self.run()

    def run(self):
        if self.graph is None:
            self.compute()
        else:
            self.graph.replay()

    def results(self):
        self.load(0)
        self.run()
        results = {"y": self.y}
        if self.training:
            results["dx"] = self.x.grad
            for name, parameter in self.module.named_parameters():
                results["d" + name] = parameter.grad
        return results


class LanguageModel:
    """A training step: embedding, recurrent layers, linear layer, cross-entropy, backward, clipping, Adam.

    In bf16 it runs under autocast, as PyTorch's users train: weights, gradients and Adam are fp32. Autocast has cuDNN's recurrent
    layers compute in fp16 whatever type it is asked for.
    """

    def __init__(self, torch, work, device):
        self.torch, self.work, self.device = torch, work, device
        if work.mode == "graph" or work.type == "fp16":
            raise ValueError("a language model is measured eager or compiled, in fp32, tf32 or bf16")

        class Model(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.embedding = torch.nn.Embedding(work.vocabulary, work.hidden)
                module = torch.nn.LSTM if work.cell == "LSTM" else torch.nn.GRU
                self.rnn = module(work.hidden, work.hidden, work.layers)
                self.output = torch.nn.Linear(work.hidden, work.vocabulary)

            def forward(self, ids, targets):
                y = self.rnn(self.embedding(ids))[0]
                logits = self.output(y).view(-1, work.vocabulary)
                return torch.nn.functional.cross_entropy(logits, targets.view(-1))

        self.model = Model().to(device)
        load_parameters(torch, self.model, work.hidden, device)
        self.model.rnn.flatten_parameters()
        self.model.train()
        shape = (work.steps, work.batch)
        self.ids = integers(torch, "ids", shape, work.vocabulary, device)
        self.targets = integers(torch, "targets", shape, work.vocabulary, device)
        self.loss = torch.compile(self.model) if work.mode == "compiled" else self.model
        self.optimizer = torch.optim.Adam(
            self.model.parameters(), lr=LEARNING_RATE, betas=ADAM_BETAS, eps=ADAM_EPSILON, fused=True
        )

    def gradients(self, scale):
        self.optimizer.zero_grad(set_to_none=True)
        with self.torch.autocast(self.device, dtype=self.torch.bfloat16, enabled=self.work.type == "bf16"):
            loss = self.loss(self.ids, self.targets)
        (loss if scale == 1 else loss * scale).backward()
        if scale != 1:
            for parameter in self.model.parameters():
                parameter.grad.mul_(1 / scale)
        return loss

    def step(self, scale):
        loss = self.gradients(scale)
        self.torch.nn.utils.clip_grad_norm_(self.model.parameters(), CLIP_NORM)
        self.optimizer.step()
        return loss

    def enqueue(self):
        self.step(1)

    def results(self):
        scale = LOSS_SCALE if self.work.type == "bf16" else 1
        self.gradients(scale)
        results = {"d" + plain(name): parameter.grad.clone() for name, parameter in self.model.named_parameters()}
        losses = [self.step(scale).detach().float() for _ in range(CHECKED_LOSSES)]
        results["losses"] = self.torch.stack(losses)
        return results


def plain(name):
    """A parameter's name without that of the recurrent module."""
    return name[4:] if name.startswith("rnn.") else name


def load_parameters(torch, module, hidden, device):
    """Gives each parameter the numbers that follow from its name."""
    width = 1 / hidden**0.5
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            name = plain(name)
            wide = 1 if name == "embedding.weight" else width
            parameter.copy_(uniform(torch, name, tuple(parameter.shape), wide, device))


class HostClock:
    """Times by the host's clock."""

    def __init__(self):
        self.marks = []

    def mark(self):
        self.marks.append(time.perf_counter_ns())

    def laps(self):
        laps = [later - earlier for earlier, later in zip(self.marks, self.marks[1:])]
        self.marks = []
        return laps


class DeviceClock:
    """Times by events in the stream, which are kept: making one takes as long as a launch."""

    def __init__(self, torch):
        self.torch = torch
        self.events = []
        self.count = 0

    def mark(self):
        if self.count == len(self.events):
            self.events.append(self.torch.cuda.Event(enable_timing=True))
        self.events[self.count].record()
        self.count += 1

    def laps(self):
        self.torch.cuda.synchronize()
        events = self.events[: self.count]
        self.count = 0
        return [round(1e6 * earlier.elapsed_time(later)) for earlier, later in zip(events, events[1:])]


class Prepared:
    """A work that is ready, and how many bytes the device's tensors took before it."""

    def __init__(self, engine, bytes_before):
        self.engine = engine
        self.bytes_before = bytes_before


class Server:
    """Answers requests; class GpuEngineServer says which there are."""

    def __init__(self, device):
        self.device = device
        self.prepared = {}
        self.torch = None
        self.clock = HostClock()

    def answer(self, line):
        word, _, rest = line.partition(" ")
        if word not in ("about", "prepare", "check", "time", "memory", "forget"):
            raise ValueError("unknown request: " + line)
        if self.torch is None:
            self.torch = self.load_torch()
        return getattr(self, word)(rest)

    def load_torch(self):
        try:
            import torch
        except ImportError as error:
            raise RuntimeError(f"{sys.executable} has no PyTorch ({error})") from error
        if self.device == "cuda":
            if not torch.cuda.is_available():
                raise RuntimeError(f"PyTorch {torch.__version__} sees no GPU")
            torch.cuda.init()
            torch.backends.cudnn.benchmark = True
            self.clock = DeviceClock(torch)
        return torch

    def about(self, _):
        torch = self.torch
        facts = {"pytorch": torch.__version__, "python": sys.version.split()[0]}
        if self.device == "cuda":
            facts["gpu"] = torch.cuda.get_device_name()
            facts["cuda"] = torch.version.cuda
            cudnn = torch.backends.cudnn.version()
            facts["cudnn"] = f"{cudnn // 10000}.{cudnn // 100 % 100}.{cudnn % 100}" if cudnn else "none"
        return "@about " + "\t".join(f"{name}={value}" for name, value in facts.items())

    def set_precision(self, type_name):
        """Process-wide in PyTorch, so it is set before every use of a work."""
        tf32 = type_name == "tf32"
        self.torch.backends.cuda.matmul.allow_tf32 = tf32
        self.torch.backends.cudnn.allow_tf32 = tf32

    def settle(self):
        """What a work takes while it is made or checked does not count as its memory."""
        if self.device == "cuda":
            self.torch.cuda.synchronize()
            self.torch.cuda.reset_peak_memory_stats()

    def get(self, words):
        prepared = self.prepared.get(words)
        if prepared is None:
            raise ValueError("not prepared: " + words)
        self.set_precision(words.split(" ")[9])
        return prepared

    def prepare(self, words):
        work = Work(words)
        self.set_precision(work.type)
        before = self.torch.cuda.memory_allocated() if self.device == "cuda" else 0
        kind = LanguageModel if work.kind == "LANGUAGE_MODEL" else Layers
        self.prepared[words] = Prepared(kind(self.torch, work, self.device), before)
        self.settle()
        return "@prepared"

    def check(self, rest):
        file, _, words = rest.partition("|")
        write_samples(file, self.get(words).engine.results())
        self.settle()
        return "@checked"

    def time(self, rest):
        count, _, words = rest.partition(" ")
        engine = self.get(words).engine
        self.clock.mark()
        for _ in range(int(count)):
            engine.enqueue()
            self.clock.mark()
        return "@times " + " ".join(map(str, self.clock.laps()))

    def memory(self, words):
        """The most bytes of tensors since the work was checked; of use until the next one is prepared."""
        before = self.get(words).bytes_before
        return f"@memory {self.torch.cuda.max_memory_allocated() - before if self.device == 'cuda' else 0}"

    def forget(self, _):
        self.prepared.clear()
        if self.device == "cuda":
            self.torch.cuda.synchronize()
            self.torch.cuda.empty_cache()
        return "@forgotten"


def write_samples(file, results):
    """Some numbers of each tensor, as class ArrayFile reads them: big-endian, with names and lengths."""
    with open(file, "wb") as out:
        out.write(struct.pack(">i", len(results)))
        for name, tensor in results.items():
            flat = tensor.detach().reshape(-1)
            flat = flat[:: (flat.numel() // LEAST_SAMPLES) | 1].float().cpu().contiguous()
            values = array.array("f", ctypes.string_at(flat.data_ptr(), 4 * flat.numel()))
            if sys.byteorder == "little":
                values.byteswap()
            encoded = name.encode()
            out.write(struct.pack(">H", len(encoded)) + encoded + struct.pack(">i", len(values)))
            out.write(values.tobytes())


def end_with_parent():
    """A process that is stopped when its parent ends would stay for ever."""
    if ctypes.CDLL(None).prctl(1, signal.SIGKILL) != 0:  # PR_SET_PDEATHSIG
        raise OSError("prctl failed")


def main(arguments):
    end_with_parent()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no answer
    server = Server(arguments[0] if arguments else "cuda")
    for line in sys.stdin:
        try:
            answer = server.answer(line.rstrip("\n"))
        except Exception as error:  # whatever it is, the next request may succeed
            traceback.print_exc()
            answer = f"@failed {type(error).__name__}: {error}".replace("\n", " ")
        answers.write(answer + "\n")
        answers.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#include "streams.hpp"

#include <algorithm>
#include <cstdlib>

namespace standin {

namespace {

// A queue this long runs: a real device would have begun long before.
constexpr size_t MAX_QUEUED = 4096;

// The number of the slow stream; below 0 when none is.
int slowStream() {
  const char* text = getenv("SLUICE_STANDIN_SLOW_STREAM");
  return text ? atoi(text) : -1;
}

bool mustWait(const Item& item) { return item.kind == Item::WAIT && item.event->completed < item.version; }

void addAll(std::vector<int>& to, const std::vector<int>& more) {
  for (const int node : more) {
    if (std::find(to.begin(), to.end(), node) == to.end()) {
      to.push_back(node);
    }
  }
}

}  // namespace

Stream* Streams::create(bool blocking, int priority) {
  Stream* stream = new Stream;
  created_ = streams_.empty() ? 0 : created_ + 1;
  stream->number = created_;
  stream->blocking = blocking;
  stream->priority = priority;
  streams_.insert(stream);
  return stream;
}

void Streams::destroy(Stream* stream) {
  streams_.erase(stream);
  delete stream;
}

Failure Streams::enqueue(Stream* stream, Work work) {
  if (!stream) {
    if (Failure failure = refuseDuringCapture("work in the default stream")) {
      return failure;
    }
    if (Failure failure = finish(nullptr)) {
      return failure;
    }
    return work();
  }
  if (stream->capture) {
    Graph& graph = stream->capture->graph;
    graph.nodes.push_back(Node{std::move(work), stream->last, stream->number});
    stream->last = {(int)graph.nodes.size() - 1};
    return {};
  }
  Item item;
  item.work = std::move(work);
  stream->queue.push_back(std::move(item));
  if (stream->queue.size() > MAX_QUEUED) {
    return finish(stream);
  }
  return runFast();
}

Failure Streams::record(Stream* stream, const std::shared_ptr<Event>& event) {
  if (!stream) {
    if (Failure failure = finish(nullptr)) {
      return failure;
    }
    event->completed = ++event->recorded;
    event->stream = nullptr;
    event->time = std::chrono::steady_clock::now();
    return {};
  }
  event->recorded++;
  event->stream = stream;
  if (stream->capture) {
    event->capture = stream->capture;
    event->nodes = stream->last;
    return {};
  }
  event->capture.reset();
  Item item;
  item.kind = Item::RECORD;
  item.event = event;
  item.version = event->recorded;
  stream->queue.push_back(std::move(item));
  return {};
}

Failure Streams::waitFor(Stream* stream, const std::shared_ptr<Event>& event) {
  const std::shared_ptr<Capture> captured = event->capture.lock();
  if (!stream) {
    return captured ? Failure{CU_CAPTURE_ISOLATION, "the default stream cannot wait for a captured event"}
                    : finish(*event);
  }
  if (captured) {
    if (stream->capture && stream->capture != captured) {
      return {902, "a captured stream waits for an event of another capture"};
    }
    if (!stream->capture) {
      stream->capture = captured;
      stream->last.clear();
    }
    addAll(stream->last, event->nodes);
    return {};
  }
  if (stream->capture) {
    stream->capture->invalid = true;
    return {CU_CAPTURE_ISOLATION, "a captured stream waits for an event that was recorded outside the capture"};
  }
  if (event->recorded > event->completed) {
    Item item;
    item.kind = Item::WAIT;
    item.event = event;
    item.version = event->recorded;
    stream->queue.push_back(std::move(item));
  }
  return {};
}

Failure Streams::runItem(Stream& stream) {
  Failure failure = runFirst(stream);
  return failure ? failure : runFast();
}

// Runs the first item of a queue, and before a wait whatever it waits for.
Failure Streams::runFirst(Stream& stream) {
  if (const Item wait = stream.queue.front(); mustWait(wait) && knows(wait.event->stream)) {
    // The wait stays in its place meanwhile, and what comes behind it with it.
    Failure failure = finishUntil(*wait.event->stream, *wait.event, wait.version);
    const bool stays = !stream.queue.empty() && stream.queue.front().kind == Item::WAIT &&
                       stream.queue.front().event == wait.event && stream.queue.front().version == wait.version;
    if (failure || !stays) {
      return failure;  // if not, the stream has gone on
    }
  }
  Item item = std::move(stream.queue.front());
  stream.queue.pop_front();
  if (item.kind == Item::RUN) {
    return item.work();
  }
  if (item.kind == Item::RECORD) {
    item.event->completed = std::max(item.event->completed, item.version);
    item.event->time = std::chrono::steady_clock::now();
  }
  return {};
}

Failure Streams::runFast() {
  const int slow = slowStream();
  if (slow < 0 || runningFast_) {
    return {};
  }
  runningFast_ = true;
  Failure failure;
  bool more = true;
  while (more && !failure) {
    more = false;
    for (Stream* each : streams_) {
      while (!failure && each->number != slow && !each->queue.empty() && !mustWait(each->queue.front())) {
        failure = runItem(*each);
        more = true;
      }
    }
  }
  runningFast_ = false;
  return failure;
}

Failure Streams::finishUntil(Stream& stream, const Event& event, unsigned long long version) {
  while (event.completed < version && !stream.queue.empty()) {
    if (Failure failure = runItem(stream)) {
      return failure;
    }
  }
  return {};
}

Failure Streams::finish(Stream* stream) {
  if (!stream) {
    for (Stream* each : std::vector<Stream*>(streams_.rbegin(), streams_.rend())) {
      if (each->blocking) {
        if (Failure failure = finish(each)) {
          return failure;
        }
      }
    }
    return {};
  }
  while (!stream->queue.empty()) {
    if (Failure failure = runItem(*stream)) {
      return failure;
    }
  }
  return {};
}

Failure Streams::finishAll() {
  for (Stream* each : std::vector<Stream*>(streams_.rbegin(), streams_.rend())) {
    if (Failure failure = finish(each)) {
      return failure;
    }
  }
  return {};
}

Failure Streams::finish(Event& event) {
  return event.stream && knows(event.stream) ? finishUntil(*event.stream, event, event.recorded) : Failure{};
}

Failure Streams::poll(Stream* stream, bool& done) {
  if (!stream) {
    done = true;
    return finish(nullptr);
  }
  done = stream->queue.empty();
  return done ? Failure{} : runItem(*stream);
}

Failure Streams::poll(Event& event, bool& done) {
  done = event.completed >= event.recorded || !event.stream || !knows(event.stream);
  return done ? Failure{} : runItem(*event.stream);
}

Failure Streams::beginCapture(Stream* stream, int mode) {
  if (!stream) {
    return {CU_CAPTURE_UNSUPPORTED, "the default stream cannot be captured"};
  }
  if (stream->capture) {
    return {CU_ILLEGAL_STATE, "the stream is being captured already"};
  }
  stream->capture = std::make_shared<Capture>();
  stream->capture->mode = mode;
  stream->origin = true;
  stream->last.clear();
  return {};
}

Failure Streams::endCapture(Stream* stream, Graph& graph) {
  if (!stream || !stream->capture) {
    return {CU_ILLEGAL_STATE, "the stream is not being captured"};
  }
  const std::shared_ptr<Capture> capture = stream->capture;
  if (!stream->origin) {
    capture->invalid = true;
    return {CU_CAPTURE_UNMATCHED, "the capture did not begin in this stream"};
  }
  const std::vector<int> last = stream->last;
  for (Stream* each : streams_) {
    if (each->capture == capture) {
      each->capture.reset();
      each->origin = false;
      each->last.clear();
    }
  }
  if (capture->invalid) {
    return {CU_CAPTURE_INVALIDATED, "the capture was spoilt by an earlier error"};
  }
  const std::vector<int> order = replayOrder(capture->graph, last);
  if (order.size() != capture->graph.nodes.size()) {
    return {CU_CAPTURE_UNJOINED, format("%zu captured operations of other streams were not joined by an event",
                                        capture->graph.nodes.size() - order.size())};
  }
  std::vector<int> depth(order.size());
  for (const int node : order) {
    const Node& next = capture->graph.nodes[node];
    for (const int before : next.after) {
      depth[node] = std::max(depth[node], depth[before]);
    }
    graph.chain = std::max(graph.chain, ++depth[node]);
    graph.nodes.push_back(next);
  }
  return {};
}

Failure Streams::refuseDuringCapture(const char* call) {
  for (Stream* each : streams_) {
    if (each->capture && each->capture->mode != CU_CAPTURE_RELAXED) {
      each->capture->invalid = true;
      return {CU_CAPTURE_UNSUPPORTED, format("%s is not allowed while a stream is captured", call)};
    }
  }
  return {};
}

void Streams::reset() {
  while (!streams_.empty()) {
    destroy(*streams_.begin());
  }
}

namespace {

// Every node that `last` comes after, each behind those that it comes after itself.
std::vector<int> reached(const Graph& graph, const std::vector<int>& last) {
  std::vector<int> order;
  std::vector<bool> seen(graph.nodes.size());
  struct Visit {
    int node;
    size_t next;
  };
  std::vector<Visit> path;
  for (size_t k = last.size(); k-- > 0;) {
    const int end = last[k];
    if (!seen[end]) {
      seen[end] = true;
      path.push_back({end, 0});
    }
    while (!path.empty()) {
      Visit& visit = path.back();
      const std::vector<int>& after = graph.nodes[visit.node].after;
      if (visit.next == after.size()) {
        order.push_back(visit.node);
        path.pop_back();
      } else if (const int before = after[visit.next++]; !seen[before]) {
        seen[before] = true;
        path.push_back({before, 0});
      }
    }
  }
  return order;
}

// The same nodes, of which the slow stream's run when nothing else can.
std::vector<int> reachedSlowly(const Graph& graph, std::vector<int> nodes, int slow) {
  std::sort(nodes.begin(), nodes.end());  // as they were captured
  std::vector<bool> done(graph.nodes.size());
  std::vector<int> order;
  while (order.size() < nodes.size()) {
    int next = -1;
    for (const int node : nodes) {
      const Node& each = graph.nodes[node];
      const bool ready =
          !done[node] && std::all_of(each.after.begin(), each.after.end(), [&](int before) { return done[before]; });
      if (ready && (next < 0 || (graph.nodes[next].stream == slow && each.stream != slow))) {
        next = node;
      }
    }
    done[next] = true;
    order.push_back(next);
  }
  return order;
}

}  // namespace

std::vector<int> replayOrder(const Graph& graph, const std::vector<int>& last) {
  const std::vector<int> order = reached(graph, last);
  const int slow = slowStream();
  return slow < 0 ? order : reachedSlowly(graph, order, slow);
}

}  // namespace standin

// Streams, events and captured graphs.
//
// Nothing runs when it is enqueued: a stream's work waits until something asks for its result, and then only as much
// runs as that needs, which is the latest that CUDA allows. So a missing synchronisation, or a missing event between
// two streams, shows as wrong data here although a GPU would often get away with it. (A queue that grows past a bound
// runs too.)
//
// A stream under capture collects its work in a graph, whose nodes keep the order that streams and events gave them; a
// replay runs them in an order that keeps to that, and no more.
//
// A device may run any of its streams slower than the others. With SLUICE_STANDIN_SLOW_STREAM=K that is the stream that
// was created as number K, from 0: the others run what is enqueued at once, and in a replay first, as far as no event
// holds them back. So each wait for stream K that is missing shows.
#pragma once
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "driver_api.h"
#include "failure.hpp"

namespace standin {

using Work = std::function<Failure()>;

struct Node {
  Work work;
  std::vector<int> after;  // nodes that come first
  int stream;              // its number
};

struct Graph {
  std::vector<Node> nodes;
  int chain = 0;  // of an ended capture: nodes on the longest path, each of which must wait for the one before
};

// A capture under way, from the stream where it began.
struct Capture {
  Graph graph;
  int mode = CU_CAPTURE_GLOBAL;
  bool invalid = false;
};

struct Event;

struct Item {
  enum { RUN, RECORD, WAIT } kind = RUN;
  Work work;
  std::shared_ptr<Event> event;
  unsigned long long version = 0;
};

struct Stream {
  std::deque<Item> queue;
  int number = 0;        // of those created since there was none
  bool blocking = true;  // waits for the legacy default stream and is waited for by it
  int priority = 0;
  std::shared_ptr<Capture> capture;
  bool origin = false;
  std::vector<int> last;  // under capture: what the next node comes after
};

struct Event {
  unsigned long long recorded = 0;   // how often it was recorded
  unsigned long long completed = 0;  // the latest record that has run
  Stream* stream = nullptr;          // of the latest record
  std::chrono::steady_clock::time_point time;
  std::weak_ptr<Capture> capture;  // of the latest record
  std::vector<int> nodes;
};

class Streams {
 public:
  Stream* create(bool blocking, int priority);
  void destroy(Stream* stream);
  size_t count() const { return streams_.size(); }
  bool knows(const Stream* stream) const { return streams_.count(const_cast<Stream*>(stream)) > 0; }

  // Null is the legacy default stream: it runs at once, after all blocking streams.
  Failure enqueue(Stream* stream, Work work);
  Failure record(Stream* stream, const std::shared_ptr<Event>& event);
  Failure waitFor(Stream* stream, const std::shared_ptr<Event>& event);

  Failure finish(Stream* stream);  // everything in one stream; null: all blocking streams
  Failure finishAll();
  Failure finish(Event& event);
  // Runs one piece of work and says whether nothing is left: a program that polls must get on.
  Failure poll(Stream* stream, bool& done);
  Failure poll(Event& event, bool& done);

  Failure beginCapture(Stream* stream, int mode);
  Failure endCapture(Stream* stream, Graph& graph);
  // Fails, and spoils the capture, when a call that no capture allows is made during one.
  Failure refuseDuringCapture(const char* call);

  void reset();

 private:
  Failure runItem(Stream& stream);
  Failure runFirst(Stream& stream);
  Failure runFast();  // where a stream is slow: all the others, up to waits for what has not run
  Failure finishUntil(Stream& stream, const Event& event, unsigned long long version);

  std::set<Stream*> streams_;
  int created_ = 0;
  bool runningFast_ = false;
};

// The order in which a replay runs a graph's nodes: what other streams were given before what the captured one was, as
// far as events allow, where no stream is slow.
std::vector<int> replayOrder(const Graph& graph, const std::vector<int>& last);

}  // namespace standin

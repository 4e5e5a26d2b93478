// Streams, events, host functions, capture and graphs.
#include <thread>

#include "driver.hpp"

using namespace standin;

namespace {

CUresult checkEvent(CUevent event) { return driver().events.count(event) ? CU_OK : CU_INVALID_HANDLE; }

CUstream handleOf(Stream* stream) { return reinterpret_cast<CUstream>(stream); }

}  // namespace

CUresult cuStreamCreateWithPriority(CUstream* handle, unsigned flags, int priority) {
  STANDIN_ENTER();
  *handle = handleOf(driver().streams.create(!(flags & CU_NON_BLOCKING), priority));
  return CU_OK;
}

CUresult cuStreamCreate(CUstream* handle, unsigned flags) { return cuStreamCreateWithPriority(handle, flags, 0); }

CUresult cuStreamDestroy_v2(CUstream handle) {
  STANDIN_LOCK();
  STANDIN_STREAM(handle);
  if (!stream) {
    return CU_INVALID_HANDLE;
  }
  const CUresult code = driver().sticky ? driver().sticky.code : report(driver().streams.finish(stream));
  driver().streams.destroy(stream);
  return code;
}

CUresult cuStreamSynchronize(CUstream handle) {
  STANDIN_ENTER();
  STANDIN_STREAM(handle);
  if (stream && stream->capture) {
    stream->capture->invalid = true;
    return report({CU_CAPTURE_UNSUPPORTED, "cuStreamSynchronize of a stream under capture"});
  }
  return report(driver().streams.finish(stream));
}

CUresult cuStreamQuery(CUstream handle) {
  STANDIN_ENTER();
  STANDIN_STREAM(handle);
  if (stream && stream->capture) {
    stream->capture->invalid = true;
    return report({CU_CAPTURE_UNSUPPORTED, "cuStreamQuery of a stream under capture"});
  }
  bool done = false;
  const CUresult code = report(driver().streams.poll(stream, done));
  return code != CU_OK || done ? code : CU_NOT_READY;
}

CUresult cuStreamWaitEvent(CUstream handle, CUevent event, unsigned) {
  STANDIN_ENTER();
  STANDIN_STREAM(handle);
  if (CUresult code = checkEvent(event)) {
    return code;
  }
  static int waits = 0;
  if (++waits == setting("SLUICE_STANDIN_LOST_WAIT", 0)) {  // a test wants to see that it is missed
    return CU_OK;
  }
  return report(driver().streams.waitFor(stream, event->event));
}

CUresult cuStreamGetFlags(CUstream handle, unsigned* flags) {
  STANDIN_ENTER();
  STANDIN_STREAM(handle);
  *flags = stream && !stream->blocking ? CU_NON_BLOCKING : 0;
  return CU_OK;
}

CUresult cuStreamGetPriority(CUstream handle, int* priority) {
  STANDIN_ENTER();
  STANDIN_STREAM(handle);
  *priority = stream ? stream->priority : 0;
  return CU_OK;
}

CUresult cuStreamGetCtx(CUstream handle, CUcontext* context) {
  STANDIN_ENTER();
  STANDIN_STREAM(handle);
  *context = currentContext();
  return CU_OK;
}

CUresult cuLaunchHostFunc(CUstream handle, CUhostFn function, void* data) {
  STANDIN_ENTER();
  STANDIN_STREAM(handle);
  return report(driver().streams.enqueue(stream, [=] {
    function(data);
    return Failure{};
  }));
}

CUresult cuStreamAddCallback(CUstream handle, CUstreamCallback callback, void* data, unsigned) {
  STANDIN_ENTER();
  STANDIN_STREAM(handle);
  return report(driver().streams.enqueue(stream, [=] {
    callback(handle, CU_OK, data);
    return Failure{};
  }));
}

CUresult cuEventCreate(CUevent* event, unsigned) {
  STANDIN_ENTER();
  *event = new CUevent_st;
  driver().events.insert(*event);
  return CU_OK;
}

CUresult cuEventDestroy_v2(CUevent event) {
  STANDIN_LOCK();
  if (driver().events.erase(event) == 0) {
    return CU_INVALID_HANDLE;
  }
  delete event;
  return CU_OK;
}

CUresult cuEventRecord(CUevent event, CUstream handle) {
  STANDIN_ENTER();
  STANDIN_STREAM(handle);
  if (CUresult code = checkEvent(event)) {
    return code;
  }
  return report(driver().streams.record(stream, event->event));
}

CUresult cuEventRecordWithFlags(CUevent event, CUstream stream, unsigned) { return cuEventRecord(event, stream); }

CUresult cuEventQuery(CUevent event) {
  STANDIN_ENTER();
  if (CUresult code = checkEvent(event)) {
    return code;
  }
  bool done = false;
  const CUresult code = report(driver().streams.poll(*event->event, done));
  return code != CU_OK || done ? code : CU_NOT_READY;
}

CUresult cuEventSynchronize(CUevent event) {
  STANDIN_ENTER();
  if (CUresult code = checkEvent(event)) {
    return code;
  }
  return report(driver().streams.finish(*event->event));
}

CUresult cuEventElapsedTime(float* milliseconds, CUevent from, CUevent to) {
  STANDIN_ENTER();
  if (checkEvent(from) != CU_OK || checkEvent(to) != CU_OK || from->event->recorded == 0 || to->event->recorded == 0) {
    return CU_INVALID_HANDLE;
  }
  if (from->event->completed < from->event->recorded || to->event->completed < to->event->recorded) {
    return CU_NOT_READY;
  }
  *milliseconds = std::chrono::duration<float, std::milli>(to->event->time - from->event->time).count();
  return CU_OK;
}

CUresult cuStreamBeginCapture_v2(CUstream handle, int mode) {
  STANDIN_ENTER();
  STANDIN_STREAM(handle);
  return report(driver().streams.beginCapture(stream, mode));
}

CUresult cuStreamEndCapture(CUstream handle, CUgraph* graph) {
  STANDIN_ENTER();
  STANDIN_STREAM(handle);
  *graph = nullptr;
  auto captured = std::make_unique<CUgraph_st>();
  if (CUresult code = report(driver().streams.endCapture(stream, captured->graph))) {
    return code;
  }
  driver().lastGraphNodes = captured->graph.nodes.size();
  driver().lastGraphChain = captured->graph.chain;
  *graph = captured.release();
  driver().graphs.insert(*graph);
  return CU_OK;
}

CUresult cuStreamIsCapturing(CUstream handle, int* status) {
  STANDIN_ENTER();
  STANDIN_STREAM(handle);
  *status = !stream || !stream->capture ? 0 : stream->capture->invalid ? 2 : 1;
  return CU_OK;
}

CUresult cuThreadExchangeStreamCaptureMode(int* mode) {
  static thread_local int current = CU_CAPTURE_GLOBAL;
  std::swap(current, *mode);
  return CU_OK;
}

CUresult cuGraphInstantiateWithFlags(CUgraphExec* executable, CUgraph graph, unsigned long long) {
  STANDIN_ENTER();
  if (!driver().graphs.count(graph)) {
    return CU_INVALID_VALUE;
  }
  *executable = new CUgraphExec_st{std::make_shared<Graph>(graph->graph)};
  driver().executables.insert(*executable);
  return CU_OK;
}

CUresult cuGraphLaunch(CUgraphExec executable, CUstream handle) {
  STANDIN_ENTER();
  STANDIN_STREAM(handle);
  if (!driver().executables.count(executable)) {
    return CU_INVALID_VALUE;
  }
  const std::shared_ptr<Graph> graph = executable->graph;
  return report(driver().streams.enqueue(stream, [graph] {
    for (const Node& node : graph->nodes) {
      if (Failure failure = node.work()) {
        return failure;
      }
    }
    return Failure{};
  }));
}

CUresult cuGraphUpload(CUgraphExec executable, CUstream handle) {
  STANDIN_ENTER();
  STANDIN_STREAM(handle);
  return driver().executables.count(executable) ? CU_OK : CU_INVALID_VALUE;
}

CUresult cuGraphExecDestroy(CUgraphExec executable) {
  STANDIN_LOCK();
  if (driver().executables.erase(executable) == 0) {
    return CU_INVALID_VALUE;
  }
  delete executable;
  return CU_OK;
}

CUresult cuGraphDestroy(CUgraph graph) {
  STANDIN_LOCK();
  if (driver().graphs.erase(graph) == 0) {
    return CU_INVALID_VALUE;
  }
  delete graph;
  return CU_OK;
}

// Says how many nodes there are; the nodes themselves are not for inspection here.
CUresult cuGraphGetNodes(CUgraph graph, CUgraphNode* nodes, size_t* count) {
  STANDIN_ENTER();
  if (!driver().graphs.count(graph)) {
    return CU_INVALID_VALUE;
  }
  if (nodes) {
    return CU_NOT_SUPPORTED;
  }
  *count = graph->graph.nodes.size();
  return CU_OK;
}

void sluiceStandInLastGraph(unsigned long long* nodes, unsigned long long* chain) {
  STANDIN_LOCK();
  *nodes = driver().lastGraphNodes;
  *chain = (unsigned long long)driver().lastGraphChain;
}

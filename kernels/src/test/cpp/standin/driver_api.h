/* The part of the CUDA driver API that the stand-in exports and the tests call: names, types and values as in cuda.h, so
 * that both build without a CUDA toolkit, and the tests run unchanged on a real driver. */
#pragma once
#include <stddef.h>

#ifdef STANDIN_BUILD
#define STANDIN_API extern "C" __attribute__((visibility("default")))
#else
#define STANDIN_API extern "C"
#endif

typedef int CUresult;
typedef int CUdevice;
typedef unsigned long long CUdeviceptr;
typedef struct CUctx_st* CUcontext;
typedef struct CUmod_st* CUmodule;
typedef struct CUfunc_st* CUfunction;
typedef struct CUstream_st* CUstream;
typedef struct CUevent_st* CUevent;
typedef struct CUgraph_st* CUgraph;
typedef struct CUgraphNode_st* CUgraphNode;
typedef struct CUgraphExec_st* CUgraphExec;
typedef struct CUmemPoolHandle_st* CUmemoryPool;
typedef struct {
  char bytes[16];
} CUuuid;
typedef void (*CUhostFn)(void* data);
typedef void (*CUstreamCallback)(CUstream stream, CUresult status, void* data);

/* As CUDA_MEMCPY2D. */
typedef struct {
  size_t srcXInBytes;
  size_t srcY;
  int srcMemoryType;
  const void* srcHost;
  CUdeviceptr srcDevice;
  void* srcArray;
  size_t srcPitch;
  size_t dstXInBytes;
  size_t dstY;
  int dstMemoryType;
  void* dstHost;
  CUdeviceptr dstDevice;
  void* dstArray;
  size_t dstPitch;
  size_t widthInBytes;
  size_t height;
} CUmemcpy2D;

enum {
  CU_OK = 0,
  CU_INVALID_VALUE = 1,
  CU_OUT_OF_MEMORY = 2,
  CU_NOT_INITIALIZED = 3,
  CU_NO_DEVICE = 100,
  CU_INVALID_DEVICE = 101,
  CU_INVALID_IMAGE = 200,
  CU_INVALID_CONTEXT = 201,
  CU_FILE_NOT_FOUND = 301,
  CU_INVALID_HANDLE = 400,
  CU_ILLEGAL_STATE = 401,
  CU_NOT_FOUND = 500,
  CU_NOT_READY = 600,
  CU_ILLEGAL_ADDRESS = 700,
  CU_LAUNCH_OUT_OF_RESOURCES = 701,
  CU_HOST_MEMORY_ALREADY_REGISTERED = 712,
  CU_HOST_MEMORY_NOT_REGISTERED = 713,
  CU_MISALIGNED_ADDRESS = 716,
  CU_LAUNCH_FAILED = 719,
  CU_COOPERATIVE_LAUNCH_TOO_LARGE = 720,
  CU_NOT_SUPPORTED = 801,
  CU_CAPTURE_UNSUPPORTED = 900,
  CU_CAPTURE_INVALIDATED = 901,
  CU_CAPTURE_UNMATCHED = 903,
  CU_CAPTURE_UNJOINED = 904,
  CU_CAPTURE_ISOLATION = 905,
};

enum { CU_CAPTURE_GLOBAL = 0, CU_CAPTURE_THREAD_LOCAL = 1, CU_CAPTURE_RELAXED = 2 };
enum { CU_NON_BLOCKING = 1 };
enum { CU_PARAM_END = 0, CU_PARAM_BUFFER_POINTER = 1, CU_PARAM_BUFFER_SIZE = 2 };

STANDIN_API CUresult cuInit(unsigned flags);
STANDIN_API CUresult cuDriverGetVersion(int* version);
STANDIN_API CUresult cuGetErrorName(CUresult error, const char** name);
STANDIN_API CUresult cuGetErrorString(CUresult error, const char** text);
STANDIN_API CUresult cuDeviceGetCount(int* count);
STANDIN_API CUresult cuDeviceGet(CUdevice* device, int ordinal);
STANDIN_API CUresult cuDeviceGetName(char* name, int length, CUdevice device);
STANDIN_API CUresult cuDeviceGetAttribute(int* value, int attribute, CUdevice device);
STANDIN_API CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice device);
STANDIN_API CUresult cuDeviceGetUuid(CUuuid* uuid, CUdevice device);
STANDIN_API CUresult cuDeviceGetPCIBusId(char* id, int length, CUdevice device);
STANDIN_API CUresult cuDeviceComputeCapability(int* major, int* minor, CUdevice device);

STANDIN_API CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device);
STANDIN_API CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device);
STANDIN_API CUresult cuDevicePrimaryCtxReset_v2(CUdevice device);
STANDIN_API CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned flags);
STANDIN_API CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned* flags, int* active);
STANDIN_API CUresult cuCtxCreate_v2(CUcontext* context, unsigned flags, CUdevice device);
STANDIN_API CUresult cuCtxDestroy_v2(CUcontext context);
STANDIN_API CUresult cuCtxSetCurrent(CUcontext context);
STANDIN_API CUresult cuCtxGetCurrent(CUcontext* context);
STANDIN_API CUresult cuCtxPushCurrent_v2(CUcontext context);
STANDIN_API CUresult cuCtxPopCurrent_v2(CUcontext* context);
STANDIN_API CUresult cuCtxGetDevice(CUdevice* device);
STANDIN_API CUresult cuCtxGetApiVersion(CUcontext context, unsigned* version);
STANDIN_API CUresult cuCtxGetFlags(unsigned* flags);
STANDIN_API CUresult cuCtxGetStreamPriorityRange(int* least, int* greatest);
STANDIN_API CUresult cuCtxSetLimit(int limit, size_t value);
STANDIN_API CUresult cuCtxGetLimit(size_t* value, int limit);
STANDIN_API CUresult cuCtxSetCacheConfig(int config);
STANDIN_API CUresult cuCtxSynchronize(void);

STANDIN_API CUresult cuMemGetInfo_v2(size_t* free, size_t* total);
STANDIN_API CUresult cuMemAlloc_v2(CUdeviceptr* pointer, size_t bytes);
STANDIN_API CUresult cuMemFree_v2(CUdeviceptr pointer);
STANDIN_API CUresult cuMemAllocAsync(CUdeviceptr* pointer, size_t bytes, CUstream stream);
STANDIN_API CUresult cuMemAllocFromPoolAsync(CUdeviceptr* pointer, size_t bytes, CUmemoryPool pool, CUstream stream);
STANDIN_API CUresult cuMemFreeAsync(CUdeviceptr pointer, CUstream stream);
STANDIN_API CUresult cuMemPoolCreate(CUmemoryPool* pool, const void* properties);
STANDIN_API CUresult cuMemPoolDestroy(CUmemoryPool pool);
STANDIN_API CUresult cuMemPoolTrimTo(CUmemoryPool pool, size_t bytesToKeep);
STANDIN_API CUresult cuMemGetAddressRange_v2(CUdeviceptr* base, size_t* bytes, CUdeviceptr pointer);
STANDIN_API CUresult cuMemHostAlloc(void** pointer, size_t bytes, unsigned flags);
STANDIN_API CUresult cuMemAllocHost_v2(void** pointer, size_t bytes);
STANDIN_API CUresult cuMemFreeHost(void* pointer);
STANDIN_API CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr* device, void* pointer, unsigned flags);
STANDIN_API CUresult cuMemHostGetFlags(unsigned* flags, void* pointer);
STANDIN_API CUresult cuMemHostRegister_v2(void* pointer, size_t bytes, unsigned flags);
STANDIN_API CUresult cuMemHostUnregister(void* pointer);

STANDIN_API CUresult cuMemcpy(CUdeviceptr target, CUdeviceptr source, size_t bytes);
STANDIN_API CUresult cuMemcpyHtoD_v2(CUdeviceptr target, const void* source, size_t bytes);
STANDIN_API CUresult cuMemcpyDtoH_v2(void* target, CUdeviceptr source, size_t bytes);
STANDIN_API CUresult cuMemcpyDtoD_v2(CUdeviceptr target, CUdeviceptr source, size_t bytes);
STANDIN_API CUresult cuMemcpy2D_v2(const CUmemcpy2D* copy);
STANDIN_API CUresult cuMemcpyAsync(CUdeviceptr target, CUdeviceptr source, size_t bytes, CUstream stream);
STANDIN_API CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr target, const void* source, size_t bytes, CUstream stream);
STANDIN_API CUresult cuMemcpyDtoHAsync_v2(void* target, CUdeviceptr source, size_t bytes, CUstream stream);
STANDIN_API CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr target, CUdeviceptr source, size_t bytes, CUstream stream);
STANDIN_API CUresult cuMemcpy2DAsync_v2(const CUmemcpy2D* copy, CUstream stream);
STANDIN_API CUresult cuMemsetD8_v2(CUdeviceptr target, unsigned char value, size_t count);
STANDIN_API CUresult cuMemsetD16_v2(CUdeviceptr target, unsigned short value, size_t count);
STANDIN_API CUresult cuMemsetD32_v2(CUdeviceptr target, unsigned value, size_t count);
STANDIN_API CUresult cuMemsetD8Async(CUdeviceptr target, unsigned char value, size_t count, CUstream stream);
STANDIN_API CUresult cuMemsetD16Async(CUdeviceptr target, unsigned short value, size_t count, CUstream stream);
STANDIN_API CUresult cuMemsetD32Async(CUdeviceptr target, unsigned value, size_t count, CUstream stream);

STANDIN_API CUresult cuStreamCreate(CUstream* stream, unsigned flags);
STANDIN_API CUresult cuStreamCreateWithPriority(CUstream* stream, unsigned flags, int priority);
STANDIN_API CUresult cuStreamDestroy_v2(CUstream stream);
STANDIN_API CUresult cuStreamSynchronize(CUstream stream);
STANDIN_API CUresult cuStreamQuery(CUstream stream);
STANDIN_API CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned flags);
STANDIN_API CUresult cuStreamGetFlags(CUstream stream, unsigned* flags);
STANDIN_API CUresult cuStreamGetPriority(CUstream stream, int* priority);
STANDIN_API CUresult cuStreamGetCtx(CUstream stream, CUcontext* context);
STANDIN_API CUresult cuStreamAddCallback(CUstream stream, CUstreamCallback callback, void* data, unsigned flags);
STANDIN_API CUresult cuLaunchHostFunc(CUstream stream, CUhostFn function, void* data);
STANDIN_API CUresult cuEventCreate(CUevent* event, unsigned flags);
STANDIN_API CUresult cuEventDestroy_v2(CUevent event);
STANDIN_API CUresult cuEventRecord(CUevent event, CUstream stream);
STANDIN_API CUresult cuEventRecordWithFlags(CUevent event, CUstream stream, unsigned flags);
STANDIN_API CUresult cuEventQuery(CUevent event);
STANDIN_API CUresult cuEventSynchronize(CUevent event);
STANDIN_API CUresult cuEventElapsedTime(float* milliseconds, CUevent from, CUevent to);

STANDIN_API CUresult cuStreamBeginCapture_v2(CUstream stream, int mode);
STANDIN_API CUresult cuStreamEndCapture(CUstream stream, CUgraph* graph);
STANDIN_API CUresult cuStreamIsCapturing(CUstream stream, int* status);
STANDIN_API CUresult cuThreadExchangeStreamCaptureMode(int* mode);
STANDIN_API CUresult cuGraphInstantiateWithFlags(CUgraphExec* executable, CUgraph graph, unsigned long long flags);
STANDIN_API CUresult cuGraphLaunch(CUgraphExec executable, CUstream stream);
STANDIN_API CUresult cuGraphUpload(CUgraphExec executable, CUstream stream);
STANDIN_API CUresult cuGraphExecDestroy(CUgraphExec executable);
STANDIN_API CUresult cuGraphDestroy(CUgraph graph);
STANDIN_API CUresult cuGraphGetNodes(CUgraph graph, CUgraphNode* nodes, size_t* count);

STANDIN_API CUresult cuModuleLoad(CUmodule* module, const char* path);
STANDIN_API CUresult cuModuleLoadData(CUmodule* module, const void* image);
STANDIN_API CUresult cuModuleLoadDataEx(CUmodule* module, const void* image, unsigned count, int* options,
                                        void** values);
STANDIN_API CUresult cuModuleLoadFatBinary(CUmodule* module, const void* image);
STANDIN_API CUresult cuModuleUnload(CUmodule module);
STANDIN_API CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name);
STANDIN_API CUresult cuModuleGetGlobal_v2(CUdeviceptr* pointer, size_t* bytes, CUmodule module, const char* name);
STANDIN_API CUresult cuModuleGetLoadingMode(int* mode);
STANDIN_API CUresult cuFuncGetModule(CUmodule* module, CUfunction function);
STANDIN_API CUresult cuFuncGetAttribute(int* value, int attribute, CUfunction function);
STANDIN_API CUresult cuFuncSetAttribute(CUfunction function, int attribute, int value);
STANDIN_API CUresult cuFuncSetCacheConfig(CUfunction function, int config);
STANDIN_API CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction function, int threads,
                                                                 size_t sharedBytes);
STANDIN_API CUresult cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, CUfunction function, int threads,
                                                                          size_t sharedBytes, unsigned flags);
STANDIN_API CUresult cuLaunchKernel(CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ,
                                    unsigned blockX, unsigned blockY, unsigned blockZ, unsigned sharedBytes,
                                    CUstream stream, void** parameters, void** extra);
STANDIN_API CUresult cuLaunchCooperativeKernel(CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ,
                                               unsigned blockX, unsigned blockY, unsigned blockZ, unsigned sharedBytes,
                                               CUstream stream, void** parameters);
STANDIN_API CUresult cuPointerGetAttribute(void* value, int attribute, CUdeviceptr pointer);
STANDIN_API CUresult cuProfilerStart(void);
STANDIN_API CUresult cuProfilerStop(void);

#ifdef STANDIN_BUILD
/* For tests: how often a function of the driver or of cuBLAS was called, since the library was loaded. */
STANDIN_API unsigned long long sluiceStandInCalls(const char* function);

/* For tests: contexts retained, streams, events, modules, graphs, page-locked pieces and cuBLAS handles, all told. */
STANDIN_API unsigned long long sluiceStandInLive(void);

/* For tests: nodes of the graph that was captured last, and how many of them stand on its longest path. */
STANDIN_API void sluiceStandInLastGraph(unsigned long long* nodes, unsigned long long* chain);

/* For the cuBLAS stand-in: counts a call and the handles that it makes or ends, unless the call is ordered to fail. */
STANDIN_API CUresult sluiceStandInBlas(const char* function, int handles);

/* For the cuBLAS stand-in: puts host code that uses device memory into a stream, with a copy of its data. */
STANDIN_API CUresult sluiceStandInEnqueue(CUstream stream, const char* name, void (*run)(const void* data),
                                          const void* data, size_t bytes);
#endif

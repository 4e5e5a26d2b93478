// Contexts.
#include "driver.hpp"

using namespace standin;

CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  STANDIN_LOCK();
  if (CUresult refused = checkDevice(device)) {
    return refused;
  }
  STANDIN_MAY_FAIL();
  CUctx_st& primary = driver().primary[device];
  primary.device = device;
  primary.primary = true;
  driver().retained[device]++;
  driver().contexts.insert(&primary);
  *context = &primary;
  return CU_OK;
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  STANDIN_LOCK();
  if (CUresult refused = checkDevice(device)) {
    return refused;
  }
  if (driver().retained[device] == 0) {
    return CU_INVALID_CONTEXT;
  }
  if (--driver().retained[device] == 0) {
    resetContext();
    driver().contexts.erase(&driver().primary[device]);
  }
  return CU_OK;
}

CUresult cuDevicePrimaryCtxReset_v2(CUdevice device) {
  STANDIN_LOCK();
  if (CUresult refused = checkDevice(device)) {
    return refused;
  }
  resetContext();
  return CU_OK;
}

CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned flags) {
  STANDIN_LOCK();
  driver().primary[device].flags = flags;
  return checkDevice(device);
}

CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned* flags, int* active) {
  STANDIN_LOCK();
  *flags = driver().primary[device].flags;
  *active = driver().retained[device] > 0;
  return checkDevice(device);
}

CUresult cuCtxCreate_v2(CUcontext* context, unsigned flags, CUdevice device) {
  STANDIN_LOCK();
  if (CUresult refused = checkDevice(device)) {
    return refused;
  }
  *context = new CUctx_st{device, flags, false};
  driver().contexts.insert(*context);
  currentContext() = *context;
  return CU_OK;
}

CUresult cuCtxDestroy_v2(CUcontext context) {
  STANDIN_LOCK();
  if (!driver().contexts.count(context) || context->primary) {
    return CU_INVALID_CONTEXT;
  }
  resetContext();
  driver().contexts.erase(context);
  delete context;
  if (currentContext() == context) {
    currentContext() = nullptr;
  }
  return CU_OK;
}

CUresult cuCtxSetCurrent(CUcontext context) {
  STANDIN_LOCK();
  STANDIN_MAY_FAIL();
  if (context && !driver().contexts.count(context)) {
    return CU_INVALID_CONTEXT;
  }
  currentContext() = context;
  return CU_OK;
}

CUresult cuCtxGetCurrent(CUcontext* context) {
  *context = currentContext();
  return CU_OK;
}

CUresult cuCtxPushCurrent_v2(CUcontext context) { return cuCtxSetCurrent(context); }

CUresult cuCtxPopCurrent_v2(CUcontext* context) {
  if (context) {
    *context = currentContext();
  }
  currentContext() = nullptr;
  return CU_OK;
}

CUresult cuCtxGetDevice(CUdevice* device) {
  STANDIN_ENTER();
  *device = currentContext()->device;
  return CU_OK;
}

CUresult cuCtxGetApiVersion(CUcontext, unsigned* version) {
  *version = 3020;
  return CU_OK;
}

CUresult cuCtxGetFlags(unsigned* flags) {
  STANDIN_ENTER();
  *flags = currentContext()->flags;
  return CU_OK;
}

CUresult cuCtxGetStreamPriorityRange(int* least, int* greatest) {
  *least = 0;
  *greatest = -5;
  return CU_OK;
}

CUresult cuCtxSetLimit(int, size_t) {
  STANDIN_ENTER();
  return CU_OK;
}

CUresult cuCtxGetLimit(size_t* value, int) {
  STANDIN_ENTER();
  *value = 0;
  return CU_OK;
}

CUresult cuCtxSetCacheConfig(int) {
  STANDIN_ENTER();
  return CU_OK;
}

CUresult cuCtxSynchronize(void) {
  STANDIN_ENTER();
  if (CUresult refused = report(driver().streams.refuseDuringCapture("cuCtxSynchronize"))) {
    return refused;
  }
  return report(driver().streams.finishAll());
}

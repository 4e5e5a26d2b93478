// The stand-in for NVRTC: checks that a program is whole (each file it includes was given), and answers with an image
// that the stand-in driver accepts. It compiles nothing.
#include <cstring>
#include <map>
#include <string>

#define STANDIN_API extern "C" __attribute__((visibility("default")))

struct Program {
  std::string source;
  std::map<std::string, std::string> headers;
  std::string log;
  std::string image;
};

typedef Program* nvrtcProgram;

namespace {

enum { SUCCESS = 0, INVALID_INPUT = 3, INVALID_PROGRAM = 4, INVALID_OPTION = 5, COMPILATION = 6 };

// The names in #include "..." of a text, and of the files that they name.
bool checkIncludes(Program& program, const std::string& text, int depth) {
  static const std::string WORD = "#include \"";
  if (depth > 20) {
    program.log = "files include one another without end";
    return false;
  }
  for (size_t at = text.find(WORD); at != std::string::npos; at = text.find(WORD, at + 1)) {
    const size_t from = at + WORD.size();
    const std::string name = text.substr(from, text.find('"', from) - from);
    const auto header = program.headers.find(name);
    if (header == program.headers.end()) {
      program.log = "error: could not open source file \"" + name + "\"";
      return false;
    }
    if (!checkIncludes(program, header->second, depth + 1)) {
      return false;
    }
  }
  return true;
}

int copyOut(const std::string& text, char* to) {
  memcpy(to, text.c_str(), text.size() + 1);
  return SUCCESS;
}

}  // namespace

STANDIN_API int nvrtcVersion(int* major, int* minor) {
  *major = 12;
  *minor = 6;
  return SUCCESS;
}

STANDIN_API const char* nvrtcGetErrorString(int result) {
  switch (result) {
    case SUCCESS:
      return "NVRTC_SUCCESS";
    case INVALID_INPUT:
      return "NVRTC_ERROR_INVALID_INPUT";
    case INVALID_PROGRAM:
      return "NVRTC_ERROR_INVALID_PROGRAM";
    case INVALID_OPTION:
      return "NVRTC_ERROR_INVALID_OPTION";
    case COMPILATION:
      return "NVRTC_ERROR_COMPILATION";
    default:
      return "NVRTC_ERROR_INTERNAL_ERROR";
  }
}

STANDIN_API int nvrtcGetNumSupportedArchs(int* count) {
  *count = 3;
  return SUCCESS;
}

STANDIN_API int nvrtcGetSupportedArchs(int* architectures) {
  const int supported[] = {80, 86, 90};
  memcpy(architectures, supported, sizeof supported);
  return SUCCESS;
}

STANDIN_API int nvrtcCreateProgram(nvrtcProgram* program, const char* source, const char*, int count,
                                   const char* const* headers, const char* const* names) {
  if (!program || !source || count < 0) {
    return INVALID_INPUT;
  }
  *program = new Program;
  (*program)->source = source;
  for (int k = 0; k < count; k++) {
    (*program)->headers[names[k]] = headers[k];
  }
  return SUCCESS;
}

STANDIN_API int nvrtcDestroyProgram(nvrtcProgram* program) {
  delete *program;
  *program = nullptr;
  return SUCCESS;
}

STANDIN_API int nvrtcCompileProgram(nvrtcProgram program, int count, const char* const* options) {
  for (int k = 0; k < count; k++) {
    if (options[k][0] != '-') {
      program->log = std::string("unrecognized option ") + options[k];
      return INVALID_OPTION;
    }
  }
  program->log.clear();
  if (!checkIncludes(*program, program->source, 0)) {
    return COMPILATION;
  }
  program->image = "// Sluice stand-in image: nothing was compiled\n.version 8.0\n";
  return SUCCESS;
}

STANDIN_API int nvrtcGetProgramLogSize(nvrtcProgram program, size_t* bytes) {
  *bytes = program->log.size() + 1;
  return SUCCESS;
}

STANDIN_API int nvrtcGetProgramLog(nvrtcProgram program, char* log) { return copyOut(program->log, log); }

STANDIN_API int nvrtcGetPTXSize(nvrtcProgram program, size_t* bytes) {
  *bytes = program->image.size() + 1;
  return program->image.empty() ? INVALID_PROGRAM : SUCCESS;
}

STANDIN_API int nvrtcGetPTX(nvrtcProgram program, char* image) { return copyOut(program->image, image); }

STANDIN_API int nvrtcGetCUBINSize(nvrtcProgram program, size_t* bytes) { return nvrtcGetPTXSize(program, bytes); }

STANDIN_API int nvrtcGetCUBIN(nvrtcProgram program, char* image) { return copyOut(program->image, image); }

// The registry is read by other programs by a simple rule (see its head): this holds the rule to what the compiler
// does.
#include "registry.hpp"

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "../gpu.hpp"
#include "arguments.cuh"

std::string registryPath;

namespace {

struct Layout {
  size_t bytes = 0;
  std::vector<std::string> kernels;
};

// One field: `type name;`. Pointers and long long take 8 bytes, int and float 4, aligned to their size.
bool addField(const std::string& line, size_t& bytes) {
  const std::string field = line.substr(0, line.find(';'));
  const bool eight = field.find('*') != std::string::npos || field.find("long long ") != std::string::npos;
  const bool four = !eight && (field.find("  int ") == 0 || field.find("  float ") == 0);
  if (!eight && !four) {
    return false;
  }
  const size_t size = eight ? 8 : 4;
  bytes = (bytes + size - 1) / size * size + size;
  return true;
}

// "a_{f32,bf16} b" -> a_f32, a_bf16, b
std::vector<std::string> kernelNames(const std::string& line) {
  std::vector<std::string> names;
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    if (word.rfind("sluice_", 0) != 0) {
      continue;
    }
    const size_t open = word.find('{');
    if (open == std::string::npos) {
      names.push_back(word);
      continue;
    }
    const size_t close = word.find('}');
    std::istringstream choices(word.substr(open + 1, close - open - 1));
    for (std::string choice; std::getline(choices, choice, ',');) {
      names.push_back(word.substr(0, open) + choice + word.substr(close + 1));
    }
  }
  return names;
}

void readFile(const std::string& path, std::map<std::string, Layout>& layouts) {
  std::ifstream file(path);
  std::vector<std::string> kernels;
  std::string current;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("// kernels:", 0) == 0) {
      kernels = kernelNames(line);
    } else if (line.rfind("struct ", 0) == 0) {
      current = line.substr(7, line.find(' ', 7) - 7);
      layouts[current].kernels = kernels;
      kernels.clear();
    } else if (line == "};") {
      layouts[current].bytes = (layouts[current].bytes + 7) / 8 * 8;
      current.clear();
    } else if (!current.empty() && line.find_first_not_of(' ') != line.find("//")) {
      if (!addField(line, layouts[current].bytes)) {
        fail("%s has a field that the rule does not cover: %s", current.c_str(), line.c_str());
      }
    }
  }
}

std::map<std::string, Layout> readRegistry() {
  std::map<std::string, Layout> layouts;
  for (const char* name :
       {"/recurrent_arguments.cuh", "/persistent_arguments.cuh", "/grid_arguments.cuh", "/arguments.cuh"}) {
    readFile(registryPath + name, layouts);
  }
  return layouts;
}

template <typename Struct>
void sizeIs(const std::map<std::string, Layout>& layouts, const char* name) {
  inCase("%s", name);
  const auto found = layouts.find(name);
  if (found == layouts.end() || found->second.kernels.empty()) {
    fail("it is not in the registry with its kernels");
  } else if (found->second.bytes != sizeof(Struct)) {
    fail("%zu bytes by the rule, %zu by the compiler", found->second.bytes, sizeof(Struct));
  }
}

}  // namespace

TEST(argument_structs_follow_the_rule) {
  const std::map<std::string, Layout> layouts = readRegistry();
#define SIZE_IS(name) sizeIs<name>(layouts, #name)
  SIZE_IS(LstmForward);
  SIZE_IS(LstmBackward);
  SIZE_IS(GruForward);
  SIZE_IS(GruBackward);
  SIZE_IS(GruBeforeReset);
  SIZE_IS(GruBeforeOutput);
  SIZE_IS(GruBeforeOutputBackward);
  SIZE_IS(GruBeforeResetBackward);
  SIZE_IS(RnnForward);
  SIZE_IS(RnnBackward);
  SIZE_IS(CheckLengths);
  SIZE_IS(GatherLast);
  SIZE_IS(LstmGridForward);
  SIZE_IS(LstmGridBackward);
  SIZE_IS(GruGridForward);
  SIZE_IS(GruGridBackward);
  SIZE_IS(LstmSmallForward);
  SIZE_IS(LstmSmallBackward);
  SIZE_IS(GruSmallForward);
  SIZE_IS(GruSmallBackward);
  SIZE_IS(EmbeddingForward);
  SIZE_IS(SortTiles);
  SIZE_IS(MergeTiles);
  SIZE_IS(EmbeddingBackward);
  SIZE_IS(CountTargets);
  SIZE_IS(CrossEntropy);
  SIZE_IS(Softmax);
  SIZE_IS(CountRows);
  SIZE_IS(Regression);
  SIZE_IS(Dropout);
  SIZE_IS(LayerNormForward);
  SIZE_IS(LayerNormBackward);
  SIZE_IS(LayerNormPartials);
  SIZE_IS(ColumnPartials);
  SIZE_IS(ColumnTotals);
  SIZE_IS(SquarePartials);
  SIZE_IS(Total);
  SIZE_IS(Fill);
  SIZE_IS(Scale);
  SIZE_IS(Add);
  SIZE_IS(Multiply);
  SIZE_IS(Activate);
  SIZE_IS(ActivateBackward);
  SIZE_IS(AddBias);
  SIZE_IS(Increment);
  SIZE_IS(Cast);
  SIZE_IS(UpdatePrepare);
  SIZE_IS(Update);
#undef SIZE_IS
  check(layouts.size() == 48, "every struct of the registry is checked here");
}

TEST(the_registry_names_the_kernels_that_there_are) {
  std::set<std::string> named;
  for (const auto& [name, layout] : readRegistry()) {
    for (const std::string& kernel : layout.kernels) {
      named.insert(kernel);
      if (!hasKernel(kernel)) {
        fail("%s has the kernel %s, which the image lacks", name.c_str(), kernel.c_str());
      }
    }
  }
  for (const auto& entry : std::filesystem::directory_iterator(registryPath)) {
    std::ifstream file(entry.path());
    for (std::string line; entry.path().extension() == ".cu" && std::getline(file, line);) {
      if (line.rfind("SLUICE_", 0) == 0 && line.find("KERNEL(") != std::string::npos) {
        const size_t name = line.find('(') + 1;
        const std::string kernel = line.substr(name, line.find(',') - name);
        if (named.erase(kernel) == 0) {
          fail("%s is not in the registry", kernel.c_str());
        }
      }
    }
  }
  check(named.empty(), "every kernel of the registry is in the sources");
}

#include "check.hpp"

#include <cmath>
#include <cstdarg>

namespace {

std::string currentCase;
int failures = 0;
int shown = 0;
constexpr int SHOWN_OF_A_TEST = 5;

}  // namespace

std::vector<Test>& allTests() {
  static std::vector<Test> tests;
  return tests;
}

void inCase(const char* pattern, ...) {
  char text[512];
  va_list values;
  va_start(values, pattern);
  vsnprintf(text, sizeof text, pattern, values);
  va_end(values);
  currentCase = text;
}

void fail(const char* pattern, ...) {
  failures++;
  if (++shown > SHOWN_OF_A_TEST) {
    return;
  }
  va_list values;
  va_start(values, pattern);
  printf("  FAILED [%s] ", currentCase.c_str());
  vprintf(pattern, values);
  printf("\n");
  va_end(values);
}

void check(bool holds, const char* what) {
  if (!holds) {
    fail("%s", what);
  }
}

void within(const char* what, const std::vector<double>& got, const std::vector<double>& want,
            const std::vector<double>& bound) {
  if (got.size() != want.size()) {
    fail("%s: %zu elements, %zu wanted", what, got.size(), want.size());
    return;
  }
  for (size_t k = 0; k < got.size(); k++) {
    if (!(std::abs(got[k] - want[k]) <= bound[k])) {
      fail("%s[%zu] = %.9g, not %.9g (within %.3g)", what, k, got[k], want[k], bound[k]);
      return;
    }
  }
}

void close(const char* what, const std::vector<double>& got, const std::vector<double>& want, double relative,
           double absolute) {
  std::vector<double> bound(want.size());
  for (size_t k = 0; k < want.size(); k++) {
    bound[k] = relative * std::abs(want[k]) + absolute;
  }
  within(what, got, want, bound);
}

int runTests(const char* title) {
  for (const Test& test : allTests()) {
    const int before = failures;
    currentCase = test.name;
    shown = 0;
    test.run();
    if (failures > before) {
      printf("%s: %s failed %d times\n", title, test.name, failures - before);
    }
  }
  printf("%s: %zu tests, %d failures\n", title, allTests().size(), failures);
  return failures == 0 ? 0 : 1;
}

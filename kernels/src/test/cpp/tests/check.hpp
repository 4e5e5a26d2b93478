// A small test frame: TEST(name) { ... } registers a test; check and close report failures with the case they happened
// in.
#pragma once
#include <cstdint>
#include <cstdio>
#include <functional>
#include <random>
#include <string>
#include <vector>

struct Test {
  const char* name;
  void (*run)();
};

std::vector<Test>& allTests();

struct RegisterTest {
  RegisterTest(const char* name, void (*run)()) { allTests().push_back({name, run}); }
};

#define TEST(name)                                         \
  static void test_##name();                               \
  static RegisterTest register_##name(#name, test_##name); \
  static void test_##name()

// Words for the case under test, printed with a failure; until it is called they are the test's name.
void inCase(const char* pattern, ...) __attribute__((format(printf, 1, 2)));

// Reports a failure; a test may have several.
void fail(const char* pattern, ...) __attribute__((format(printf, 1, 2)));

void check(bool holds, const char* what);

// Every |got - want| <= relative * |want| + absolute; NaN never passes.
void close(const char* what, const std::vector<double>& got, const std::vector<double>& want, double relative,
           double absolute);

// Each element has its own bound.
void within(const char* what, const std::vector<double>& got, const std::vector<double>& want,
            const std::vector<double>& bound);

// Runs all tests; the exit code.
int runTests(const char* title);

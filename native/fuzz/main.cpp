// Gives a fuzz target to libFuzzer, whose own main is not in the library that brings it.
#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerRunDriver(int* count, char*** arguments,
                                   int (*target)(const uint8_t* data, size_t size));
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int main(int count, char** arguments) {
  return LLVMFuzzerRunDriver(&count, &arguments, LLVMFuzzerTestOneInput);
}

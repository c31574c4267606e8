// Tests of the walk over a JPEG's markers on bytes that end where memory ends: built with the
// address sanitizer, so that one byte read too far fails them. Run them with ctest.
#include "media/jpeg_markers.hpp"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

namespace {

using namespace takeback;

constexpr size_t kMostScans = 100;

int failures = 0;

void check(bool holds, const char* what, size_t a = 0, size_t b = 0) {
  if (holds) return;
  ++failures;
  std::printf("FAILED: %s (%zu, %zu)\n", what, a, b);
}

// Walks a copy that has not a byte to spare.
JpegMarkers walk(const std::vector<uint8_t>& bytes, size_t size) {
  const std::unique_ptr<uint8_t[]> exact(new uint8_t[size]);
  if (size > 0) std::memcpy(exact.get(), bytes.data(), size);
  return jpeg_markers(exact.get(), size, kMostScans);
}

void append_segment(std::vector<uint8_t>& jpeg, uint8_t marker, std::vector<uint8_t> body) {
  const size_t length = body.size() + 2;
  for (const size_t byte : {size_t{0xFF}, size_t{marker}, length >> 8, length & 0xFF}) {
    jpeg.push_back(static_cast<uint8_t>(byte));
  }
  jpeg.insert(jpeg.end(), body.begin(), body.end());
}

void test_a_file_cut_anywhere() {
  std::vector<uint8_t> jpeg{0xFF, 0xD8};
  append_segment(jpeg, 0xE1, {'E', 'x', 'i', 'f', 0, 0});
  append_segment(jpeg, 0xE1, {'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42});
  append_segment(jpeg, 0xE1, {'E', 'x', 'i', 'f', 0, 0, 7, 8});
  append_segment(jpeg, 0xC2, {8, 0, 16, 0, 16, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1});
  for (int scan = 0; scan < 3; ++scan) {
    append_segment(jpeg, 0xDA, {1, 1, 0, 0, 63, 0});
    for (const uint8_t byte : {0x12, 0xFF, 0x00, 0xFF, 0xD3, 0x34}) jpeg.push_back(byte);
  }
  jpeg.insert(jpeg.end(), {0xFF, 0xD9, 0xFF, 0xDA, 0, 2});
  size_t scans = 0;
  for (size_t size = 0; size <= jpeg.size(); ++size) {
    const JpegMarkers found = walk(jpeg, size);
    check(found.scans >= scans, "a longer file has as many scans or more", size, found.scans);
    scans = found.scans;
    for (const Extent& extent : found.exif) {
      check(extent.at + extent.length <= size, "Exif lies inside the file", size, extent.at);
    }
    for (const Extent& extent : found.colour_refinements) {
      check(extent.at + extent.length <= size, "scans lie inside the file", size, extent.at);
    }
  }
  check(scans == 3, "scans up to the end of the image", scans);
  const JpegMarkers found = walk(jpeg, jpeg.size());
  check(found.exif.size() == 1, "pieces of Exif", found.exif.size());
  check(found.exif[0].length == 4 && jpeg[found.exif[0].at] == 'M', "the first without letters");
  check(found.frame.marker == 0xC2 && found.frame.precision == 8 && found.frame.height == 16,
        "the frame", found.frame.marker, found.frame.height);
}

void test_a_file_without_end_gives_nothing_to_leave_out() {
  const std::vector<uint8_t> frame{8, 0, 16, 0, 16, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1};
  std::vector<uint8_t> jpeg{0xFF, 0xD8};
  append_segment(jpeg, 0xC2, frame);
  append_segment(jpeg, 0xDA, {1, 1, 0, 0, 63, 0});
  append_segment(jpeg, 0xDA, {1, 2, 0, 1, 63, 0});
  std::vector<uint8_t> ended = jpeg;
  ended.insert(ended.end(), {0xFF, 0xD9});
  check(walk(ended, ended.size()).colour_refinements.size() == 1, "a scan of colour before the end");
  check(walk(jpeg, jpeg.size()).colour_refinements.empty(), "none without an end");
  // A second frame, all of which comes in one scan: the walk stops there, with no end seen.
  append_segment(jpeg, 0xC0, frame);
  append_segment(jpeg, 0xDA, {3, 1, 0, 2, 0, 3, 0, 0, 63, 0});
  const JpegMarkers found = walk(jpeg, jpeg.size());
  check(found.scans == 3, "a walk to the scan of the second frame", found.scans);
  check(found.colour_refinements.empty(), "none before a second frame");
}

void test_noise() {
  std::mt19937 random(1);
  constexpr uint8_t kOften[] = {0xFF, 0xC0, 0xC2, 0xDA, 0xE1, 0xD9, 0x00, 0x02};
  for (int round = 0; round < 20'000; ++round) {
    std::vector<uint8_t> bytes(random() % 64);
    for (uint8_t& byte : bytes) {
      const uint32_t drawn = random();
      byte = drawn % 2 ? kOften[drawn / 2 % sizeof kOften] : static_cast<uint8_t>(drawn >> 8);
    }
    const JpegMarkers found = walk(bytes, bytes.size());
    check(found.scans <= bytes.size(), "no more scans than bytes", found.scans);
    for (const Extent& extent : found.exif) {
      check(extent.at + extent.length <= bytes.size(), "Exif lies inside", extent.at);
    }
    for (const Extent& extent : found.colour_refinements) {
      check(extent.at + extent.length <= bytes.size(), "scans lie inside", extent.at);
    }
  }
}

}  // namespace

int main() {
  test_a_file_cut_anywhere();
  test_a_file_without_end_gives_nothing_to_leave_out();
  test_noise();
  if (failures == 0) std::puts("jpeg_markers: all tests passed");
  return failures == 0 ? 0 : 1;
}

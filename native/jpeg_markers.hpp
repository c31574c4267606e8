// What a JPEG's markers say before anything is decoded: its passes, and where its Exif lies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace takeback {

// A part of a file, in bytes from its start.
struct Extent {
  size_t at;
  size_t length;
};

struct JpegMarkers {
  size_t scans = 0;          // passes that a decoder makes, at most
  std::vector<Extent> exif;  // before the first scan; joined in this order they are the Exif
};

// Walks the segments of ITU-T T.81, annex B, up to the end of the image; a preview or a film behind
// it is not looked at. Reads within [data, data + size) only, whatever the file says, and takes
// time in proportion to `size`; of a sequential JPEG in one scan it reads the header alone.
inline JpegMarkers jpeg_markers(const uint8_t* data, size_t size) {
  constexpr uint8_t kFill = 0xFF;
  constexpr uint8_t kStuffing = 0x00;
  constexpr uint8_t kTemporary = 0x01;
  constexpr uint8_t kFirstRestart = 0xD0;
  constexpr uint8_t kStartOfImage = 0xD8;
  constexpr uint8_t kEndOfImage = 0xD9;
  constexpr uint8_t kStartOfScan = 0xDA;
  constexpr uint8_t kApplication1 = 0xE1;
  constexpr size_t kFrameComponents = 7;  // where a frame header counts its components (B.2.2)
  constexpr size_t kScanComponents = 2;   // and a scan header (B.2.3)
  constexpr char kExif[] = {'E', 'x', 'i', 'f', 0, 0};

  JpegMarkers found;
  unsigned sequential_components = 0;  // 0: no frame yet, or one that may take many passes
  size_t at = 2;
  while (at < size) {
    const void* fill = std::memchr(data + at, kFill, size - at);
    if (fill == nullptr) break;
    at = static_cast<size_t>(static_cast<const uint8_t*>(fill) - data);
    while (at < size && data[at] == kFill) ++at;
    if (at == size) break;
    const uint8_t marker = data[at++];
    if (marker == kEndOfImage) break;
    if (marker >= kFirstRestart && marker <= kStartOfImage) continue;
    if (marker == kStuffing || marker == kTemporary) continue;
    if (size - at < 2) {
      found.scans += marker == kStartOfScan;
      break;
    }
    // The length counts its own two bytes.
    const size_t length = static_cast<size_t>(data[at]) << 8 | data[at + 1];
    const bool whole = length <= size - at;
    const auto byte = [&](size_t index) -> unsigned {
      return whole && index < length ? data[at + index] : 0;
    };
    switch (marker) {
      case 0xC0:  // sequential: baseline, extended, and extended with arithmetic coding (B.2.1)
      case 0xC1:
      case 0xC9:
        sequential_components = byte(kFrameComponents);
        break;
      case 0xC2:  // progressive, with Huffman or arithmetic coding
      case 0xCA:
        sequential_components = 0;
        break;
      case kStartOfScan:
        ++found.scans;
        // All there is comes in this scan: libjpeg, too, ends with it.
        if (sequential_components != 0 && byte(kScanComponents) >= sequential_components) {
          return found;
        }
        break;
      case kApplication1:
        if (found.scans == 0 && whole && length >= 2 + sizeof kExif &&
            std::memcmp(data + at + 2, kExif, sizeof kExif) == 0) {
          // What is too long for one segment goes on in the next, after the same letters.
          const size_t header = 2 + (found.exif.empty() ? 0 : sizeof kExif);
          found.exif.push_back({at + header, length - header});
        }
        break;
      default:
        break;
    }
    if (!whole) break;
    at += length;
  }
  return found;
}

}  // namespace takeback

#include "core/base/sha256.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace hotloop {

namespace {

using Words = std::array<std::uint32_t, 8>;

// FIPS 180-4 section 4.2.2 and 5.3.3: the first 32 bits of the fractional parts of the cube roots
// of the first 64 primes, and of the square roots of the first eight. Long double holds 35 bits
// behind the point of these roots and more.
struct Constants {
  std::array<std::uint32_t, 64> round{};
  Words start{};

  Constants() {
    std::size_t found = 0;
    for (int candidate = 2; found < round.size(); ++candidate) {
      bool prime = true;
      for (int d = 2; d * d <= candidate; ++d) prime = prime && candidate % d != 0;
      if (!prime) continue;
      round[found] = fraction(std::cbrt(static_cast<long double>(candidate)));
      if (found < start.size())
        start[found] = fraction(std::sqrt(static_cast<long double>(candidate)));
      ++found;
    }
  }
  static std::uint32_t fraction(long double root) {
    return static_cast<std::uint32_t>((root - std::floor(root)) * 4294967296.0L);
  }
};

void addBlock(const Constants &constants, const unsigned char *block, Words &state) {
  std::array<std::uint32_t, 64> w{};
  for (std::size_t i = 0; i < 16; ++i)
    w[i] = std::uint32_t{block[4 * i]} << 24 | std::uint32_t{block[4 * i + 1]} << 16 |
           std::uint32_t{block[4 * i + 2]} << 8 | block[4 * i + 3];
  for (std::size_t i = 16; i < 64; ++i) {
    const std::uint32_t a = w[i - 15], b = w[i - 2];
    w[i] = w[i - 16] + (std::rotr(a, 7) ^ std::rotr(a, 18) ^ a >> 3) + w[i - 7] +
           (std::rotr(b, 17) ^ std::rotr(b, 19) ^ b >> 10);
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t i = 0; i < 64; ++i) {
    const std::uint32_t t1 = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) +
                             ((e & f) ^ (~e & g)) + constants.round[i] + w[i];
    const std::uint32_t t2 =
        (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  const Words added = {a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < state.size(); ++i) state[i] += added[i];
}

} // namespace

std::string sha256Hex(std::string_view bytes) {
  static const Constants constants;
  std::string padded(bytes);
  padded += '\x80';
  while (padded.size() % 64 != 56) padded += '\0';
  const std::uint64_t bits = std::uint64_t{bytes.size()} * 8;
  for (int shift = 56; shift >= 0; shift -= 8) padded += static_cast<char>(bits >> shift & 0xff);
  Words state = constants.start;
  for (std::size_t at = 0; at < padded.size(); at += 64)
    addBlock(constants, reinterpret_cast<const unsigned char *>(padded.data()) + at, state);
  std::string hex;
  for (const std::uint32_t word : state)
    for (int shift = 28; shift >= 0; shift -= 4) hex += "0123456789abcdef"[word >> shift & 0xf];
  return hex;
}

} // namespace hotloop

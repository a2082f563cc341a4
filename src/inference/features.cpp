#include "xrayclf/inference/features.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/interrupt.hpp"
#include "xrayclf/core/parallel.hpp"
#include "xrayclf/core/progress.hpp"
#include "xrayclf/model/input.hpp"

namespace xrayclf {

namespace {

/// Rows of numbers in a file without a name: the kernel writes them out when memory is short.
torch::Tensor on_disk(const std::vector<std::int64_t>& shape, std::uint64_t bytes,
                      torch::ScalarType type, const std::filesystem::path& directory) {
  std::string path = (directory / "cache.XXXXXX").string();
  const int file = ::mkstemp(path.data());
  const auto fail = [&] {
    const std::string reason = std::generic_category().message(errno);
    if (file >= 0) ::close(file);
    throw IoError(fmt::format("{}: no room for a cache of {:.1f} GiB: {}", directory.string(),
                              static_cast<double>(bytes) / (1 << 30), reason));
  };
  if (file < 0) fail();
  ::unlink(path.c_str());
  // Room is taken now: a full disk behind a mapping would kill the process later.
  if ((errno = ::posix_fallocate(file, 0, static_cast<off_t>(bytes))) != 0) fail();
  void* const data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (data == MAP_FAILED) fail();
  ::close(file);
  return torch::from_blob(
      data, shape, [bytes](void* mapped) { ::munmap(mapped, bytes); }, type);
}

torch::Tensor room_for(std::vector<std::int64_t> shape, std::int64_t count,
                       const PrefixOptions& options) {
  shape[0] = count;
  const auto type = options.storage == Precision::bfloat16  ? torch::kBFloat16
                    : options.storage == Precision::float16 ? torch::kHalf
                                                            : torch::kFloat32;
  std::uint64_t bytes = torch::elementSize(type);
  for (const std::int64_t extent : shape) bytes *= static_cast<std::uint64_t>(extent);
  if (bytes <= options.memory_limit) return torch::empty(shape, type);
  return on_disk(shape, bytes, type, options.directory);
}

}  // namespace

torch::Tensor prefix_of(Engine& engine, const Network& network, std::int64_t cut,
                        const InputSpec& input, const std::vector<cv::Mat>& images) {
  if (cut == 0) return to_input(images, input);
  return cut == network.unit_count() ? engine.features(images) : engine.map(images, cut);
}

torch::Tensor prefix_outputs(Network& network, std::int64_t cut, const InputSpec& input,
                             std::int64_t count, const std::function<cv::Mat(std::int64_t)>& image,
                             const PrefixOptions& options) {
  const auto engine =
      make_engine(network, input, {options.engine, options.device, options.precision});
  torch::Tensor rows;
  Progress progress(options.title, count, "images");
  for (std::int64_t start = 0; start < count; start += options.batch_size) {
    const std::int64_t size = std::min(options.batch_size, count - start);
    std::vector<cv::Mat> images(static_cast<std::size_t>(size));
    parallel_for(size, 0,
                 [&](std::int64_t i) { images[static_cast<std::size_t>(i)] = image(start + i); });
    const torch::Tensor out = prefix_of(*engine, network, cut, input, images);
    if (!rows.defined()) rows = room_for(out.sizes().vec(), count, options);
    rows.narrow(0, start, size).copy_(out);
    progress.advance(size);
    throw_if_interrupted("stopped while computing " + options.title);
  }
  return rows;
}

}  // namespace xrayclf

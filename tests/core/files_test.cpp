#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/retry.hpp"
#include "xrayclf/core/run_directory.hpp"
#include "xrayclf/core/sha256.hpp"

namespace xrayclf {
namespace {

using testing::HasSubstr;
using testing_support::TemporaryDirectory;

template <class Exception>
std::string failure(const std::function<void()>& action) {
  try {
    action();
  } catch (const Exception& e) {
    return e.what();
  }
  return "";
}

std::size_t entries(const std::filesystem::path& directory) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(directory), {}));
}

TEST(AtomicFileTest, AppearsWholeOrNotAtAll) {
  const TemporaryDirectory directory;
  write_file(directory / "a", "old");
  {
    AtomicFile file(directory / "a");
    file.write("half of the new");
    EXPECT_EQ(read_file(directory / "a"), "old");
  }
  EXPECT_EQ(read_file(directory / "a"), "old");
  EXPECT_EQ(entries(directory.path()), 1u) << "the temporary file is left behind";
  AtomicFile file(directory / "a");
  file.write("new");
  file.commit();
  EXPECT_EQ(read_file(directory / "a"), "new");
}

TEST(AtomicFileTest, FailuresNameTheFileAndTheReason) {
  const TemporaryDirectory directory;
  EXPECT_THAT(failure<IoError>([&] { write_file(directory / "no/such/a", "x"); }),
              HasSubstr("no/such/a: No such file or directory"));
  EXPECT_THAT(failure<IoError>([&] { write_file(directory.path(), "x"); }),
              HasSubstr("not a regular file"));
  EXPECT_THAT(failure<IoError>([&] { read_file(directory / "b"); }), HasSubstr("No such file"));
  EXPECT_THAT(failure<IoError>([&] { read_file(directory.path()); }),
              HasSubstr("not a regular file"));
  write_file(directory / "c", "12345");
  EXPECT_THAT(failure<IoError>([&] { read_file(directory / "c", 4); }), HasSubstr("limit of 4"));
}

TEST(AtomicFileTest, NeverWaitsForAFifoNorReplacesIt) {
  const TemporaryDirectory directory;
  ASSERT_EQ(::mkfifo((directory / "pipe").c_str(), 0644), 0);
  EXPECT_THAT(failure<IoError>([&] { write_file(directory / "pipe", "x"); }),
              HasSubstr("not a regular file"));
  EXPECT_TRUE(std::filesystem::is_fifo(directory / "pipe"));
  EXPECT_THAT(failure<IoError>([&] { read_file(directory / "pipe"); }),
              HasSubstr("not a regular file"));
}

TEST(Sha256Test, EqualsThePublishedVectors) {
  // FIPS 180-4 examples.
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const TemporaryDirectory directory;
  write_file(directory / "million", std::string(1000000, 'a'));
  EXPECT_EQ(sha256_file(directory / "million"),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(RunDirectoryTest, IsNeverReused) {
  const TemporaryDirectory directory;
  write_file(RunDirectory::create(directory / "run").config(), "{}");
  EXPECT_THAT(failure<IoError>([&] { RunDirectory::create(directory / "run"); }),
              HasSubstr("not empty"));
  EXPECT_THAT(failure<IoError>([&] { RunDirectory::require_new(directory / "run"); }),
              HasSubstr("not empty"));
}

TEST(RunDirectoryTest, WhatAProcessLeavesThatWasKilledBeforeItsConfigurationIsNoRun) {
  const TemporaryDirectory directory;
  { const auto run = RunDirectory::create(directory / "run"); }
  write_file(directory / "run/config.json.tmp-1", "{");
  RunDirectory::require_new(directory / "run");
  RunDirectory::create(directory / "run");
  RunDirectory::require_new(directory / "absent");
  EXPECT_FALSE(std::filesystem::exists(directory / "absent"));
}

TEST(RunDirectoryTest, HasOneWriter) {
  const TemporaryDirectory directory;
  const auto run = RunDirectory::create(directory / "run");
  EXPECT_THAT(failure<IoError>([&] { RunDirectory::create(directory / "run"); }),
              HasSubstr("another process"));
}

TEST(RunDirectoryTest, NamesItsCheckpoints) {
  const TemporaryDirectory directory;
  const auto run = RunDirectory::create(directory / "run");
  EXPECT_EQ(run.checkpoint(7), directory / "run/checkpoints/epoch-0007");
}

TEST(RunDirectoryTest, ListsItsCheckpointsByTheirPlaceInTheRunNewestFirst) {
  const TemporaryDirectory directory;
  const auto run = RunDirectory::create(directory / "run");
  const std::vector<std::filesystem::path> rising = {
      run.checkpoint(0), run.checkpoint(9999), run.checkpoint(9999, 20), run.checkpoint(10000)};
  for (const auto& path : rising) std::filesystem::create_directory(path);
  std::filesystem::create_directory(run.checkpoint(3).string() + ".tmp-7");
  EXPECT_EQ(run.saved_checkpoints(),
            (std::vector<std::filesystem::path>{rising.rbegin(), rising.rend()}));
}

TEST(RetryTest, ThreeTriesAndThenTheFailureIsThrown) {
  int tries = 0;
  retry_io([&] {
    if (++tries < 3) throw IoError("for now");
  });
  EXPECT_EQ(tries, 3);
  tries = 0;
  EXPECT_THROW(retry_io([&] {
                 ++tries;
                 throw IoError("for good");
               }),
               IoError);
  EXPECT_EQ(tries, 3);
  EXPECT_THROW(retry_io([] { throw NumericError("no matter of disks"); }), NumericError);
}

}  // namespace
}  // namespace xrayclf

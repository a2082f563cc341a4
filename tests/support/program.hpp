#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

extern char** environ;

namespace xrayclf::testing_support {

/// What a finished process left behind.
struct ProgramResult {
  int exit_code = 0;  ///< 128 + signal when a signal ended it
  std::string out;
  std::string err;
};

/// A child process with its output in files, so that it can be signalled while it runs.
class Program {
 public:
  Program(const std::vector<std::string>& arguments, const std::string& input = "") {
    std::string name = (std::filesystem::temp_directory_path() / "xrayclf-program-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    directory_ = name;
    std::ofstream(directory_ / "in") << input;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, (directory_ / "in").c_str(), O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, (directory_ / "out").c_str(), O_WRONLY | O_CREAT,
                                     0644);
    posix_spawn_file_actions_addopen(&actions, 2, (directory_ / "err").c_str(), O_WRONLY | O_CREAT,
                                     0644);
    std::vector<std::string> words = arguments;
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const int error = ::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw std::runtime_error("cannot start " + arguments.at(0));
  }
  ~Program() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void signal(int number) const { ::kill(pid_, number); }
  std::string out_so_far() const { return content("out"); }
  std::string err_so_far() const { return content("err"); }

  ProgramResult wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return {code, content("out"), content("err")};
  }

 private:
  std::string content(const char* name) const {
    std::ifstream in(directory_ / name, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }

  std::filesystem::path directory_;
  pid_t pid_ = 0;
};

/// Runs `xrayclf` with these arguments to its end.
inline ProgramResult run_xrayclf(std::vector<std::string> arguments,
                                 const std::string& input = "") {
  arguments.insert(arguments.begin(), XRAYCLF_PROGRAM);
  return Program(arguments, input).wait();
}

}  // namespace xrayclf::testing_support

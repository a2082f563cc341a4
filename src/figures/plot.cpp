#include "xrayclf/figures/plot.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include <spdlog/spdlog.h>

#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/figures/fonts.hpp"

extern char** environ;

namespace xrayclf {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kPatience{120};

std::filesystem::path find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    return ::access(name.c_str(), X_OK) == 0 ? std::filesystem::absolute(name) : "";
  }
  const char* path = std::getenv("PATH");
  for (const std::string& folder : split_text(path ? path : "", ':')) {
    const std::filesystem::path candidate = std::filesystem::path(folder) / name;
    if (candidate.is_absolute() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

std::string full_script(const Plot& plot) {
  const auto size = [&](std::int64_t scale) {
    return std::to_string(plot.width * scale) + "," + std::to_string(plot.height * scale);
  };
  // Both terminals leave '_', '^' and '@' in texts alone (noenhanced).
  return "# " + plot.alt + "\n# Draw it again: gnuplot " + plot.name +
         ".gp, or with -e \"format='svg'\" before the name.\n"
         "reset\n"
         "if (!exists('format')) format = 'png'\n"
         "if (format eq 'svg') {\n"
         "  set terminal svg noenhanced size " +
         size(1) +
         " font 'DejaVu Sans,11' background rgb 'white'\n"
         "} else {\n"
         "  set terminal pngcairo noenhanced size " +
         size(2) +
         " font 'DejaVu Sans,11' fontscale 2 linewidth 2 pointscale 2 background rgb 'white'\n"
         "}\n"
         "set output '" +
         plot.name +
         ".' . format\n"
         "set encoding utf8\n"
         "set datafile separator comma\n"
         "set datafile commentschars ''\n"
         "set border 3 linecolor rgb '#404040'\n"
         "set tics nomirror textcolor rgb 'black'\n"
         "set grid linecolor rgb '#DDDDDD' linetype 1 linewidth 0.5\n" +
         plot.script;
}

/// posix_spawn's two descriptions, freed on the way out.
struct SpawnActions {
  posix_spawn_file_actions_t value;
  SpawnActions() { ::posix_spawn_file_actions_init(&value); }
  ~SpawnActions() { ::posix_spawn_file_actions_destroy(&value); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
};

enum class Ending { well, badly, killed };

/// Waits for the process; kills it when it takes too long.
Ending wait_for(pid_t process) {
  const Clock::time_point end = Clock::now() + kPatience;
  int status = 0;
  bool killed = false;
  for (;;) {
    const pid_t done = ::waitpid(process, &status, WNOHANG);
    if (done == process) {
      if (killed) return Ending::killed;
      return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? Ending::well : Ending::badly;
    }
    if (done < 0 && errno != EINTR) return Ending::badly;
    if (Clock::now() > end) killed = ::kill(process, SIGKILL) == 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

/// A reader's machine may lack the font of ours; Verdana has its widths.
void name_more_fonts(const std::filesystem::path& svg) {
  static constexpr std::string_view kAlone = "font-family=\"DejaVu Sans\"";
  static constexpr std::string_view kWithOthers =
      "font-family=\"DejaVu Sans, Verdana, Helvetica, Arial, sans-serif\"";
  const std::string text = read_file(svg);
  std::string out;
  std::size_t from = 0;
  for (std::size_t at = text.find(kAlone); at != std::string::npos; at = text.find(kAlone, from)) {
    out.append(text, from, at - from);
    out += kWithOthers;
    from = at + kAlone.size();
  }
  write_file(svg, out.append(text, from), Durability::killed_process);
}

}  // namespace

PlotWriter::PlotWriter(std::filesystem::path directory, const std::string& program)
    : directory_(std::move(directory)), program_(find_program(program)) {
  make_directories(directory_);
  if (program_.empty()) {
    spdlog::warn(
        "{} is not installed: figures are written as data (.csv) and scripts (.gp) only; "
        "on Debian, apt install gnuplot-nox fonts-dejavu-core",
        printable(program));
  }
}

PlotOutcome PlotWriter::write(const Plot& plot) const {
  write_file(directory_ / (plot.name + ".csv"), plot.csv, Durability::killed_process);
  write_file(directory_ / (plot.name + ".gp"), full_script(plot), Durability::killed_process);
  if (!program_.empty() && draw(plot)) return PlotOutcome::drawn;
  std::error_code ignored;  // of an earlier run, perhaps: they would not fit the data
  for (const char* format : {".png", ".svg"}) {
    std::filesystem::remove(directory_ / (plot.name + format), ignored);
  }
  return PlotOutcome::data_only;
}

bool PlotWriter::draw(const Plot& plot) const {
  const std::filesystem::path messages = directory_ / (plot.name + ".log");
  SpawnActions actions;
  ::posix_spawn_file_actions_addchdir_np(&actions.value, directory_.c_str());
  ::posix_spawn_file_actions_addopen(&actions.value, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions.value, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions.value, STDERR_FILENO, messages.filename().c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0644);
  const std::string script = plot.name + ".gp";
  const std::filesystem::path for_png = directory_ / (plot.name + ".png.gp");
  write_file(for_png, with_drawable_characters(full_script(plot)), Durability::killed_process);
  // One process draws both. -d: without the user's own settings.
  std::vector<std::string> words = {
      program_.string(),           "-d", "-e",           "format='png'",
      for_png.filename().string(), "-e", "format='svg'", script};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t process = 0;
  const int error =
      ::posix_spawn(&process, program_.c_str(), &actions.value, nullptr, arguments.data(), environ);
  const Ending ending = error == 0 ? wait_for(process) : Ending::badly;
  const bool drawn = ending == Ending::well;
  if (drawn) {
    name_more_fonts(directory_ / (plot.name + ".svg"));
  } else {
    const std::string reason =
        error != 0 ? std::generic_category().message(error)
        : ending == Ending::killed
            ? "it took longer than " + std::to_string(kPatience.count()) + " s"
            : read_file(messages, std::uintmax_t{1} << 20);
    spdlog::warn("gnuplot could not draw {}: {}", plot.name, printable(reason));
  }
  std::error_code ignored;
  std::filesystem::remove(messages, ignored);
  std::filesystem::remove(for_png, ignored);
  return drawn;
}

}  // namespace xrayclf

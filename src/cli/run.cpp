#include "cli/run.hpp"

#include <algorithm>
#include <new>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/command.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/interrupt.hpp"
#include "xrayclf/core/logging.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/core/version.hpp"
#include "xrayclf/model/device.hpp"

namespace xrayclf {
namespace {

constexpr const char* kNotice =
    "xrayclf is research software, not a medical device; do not use it for diagnosis.";

/// The help of the selected subcommand, examples first, or of the program.
std::string help_of(const CLI::App& app) {
  const auto selected = app.get_subcommands();
  if (selected.empty()) return app.help();
  for (const Command& command : commands()) {
    if (command.name != selected.front()->get_name()) continue;
    std::string text = command.summary + "\n\nExamples:";
    for (const std::string& example : command.examples) text += "\n  " + example;
    selected.front()->description(text);
  }
  return selected.front()->help("xrayclf");
}

/// "Exit codes: 0 done, 1 internal, ..."
std::string exit_code_line() {
  std::vector<std::string> parts;
  for (const auto& [code, meaning] : exit_codes()) parts.push_back(code + " " + meaning);
  return "Exit codes: " + join(parts) + ".";
}

constexpr const char* kStdoutFailed = "cannot write to standard output";

/// What parsing selects.
struct Selection {
  Action action;
  LogLevel log_level = LogLevel::info;
  bool quiet = false;
  bool version = false;
  bool json = false;
};

void add_common_options(CLI::App& app, Selection& selection) {
  app.add_option_function<std::string>(
         "--log-level",
         [&selection](const std::string& name) {
           selection.log_level = enum_from_name<LogLevel>(name, "--log-level");
         },
         common_help("log-level") + ": trace|debug|info|warning|error|off [default info]")
      ->type_name("LEVEL")
      ->group("Common options");
  app.add_flag("--quiet", selection.quiet, common_help("quiet"))->group("Common options");
}

void print_version(std::ostream& out, bool as_json) {
  const auto devices = device_report();
  if (as_json) {
    nlohmann::ordered_json info = version_info();
    info["devices"] = devices;
    out << info.dump(2) << "\n";
    return;
  }
  const auto info = version_info();
  out << "xrayclf " << version() << " (" << info["git_revision"].get<std::string>() << ", "
      << info["compiler"].get<std::string>() << ", LibTorch " << info["libtorch"].get<std::string>()
      << ", OpenCV " << info["opencv"].get<std::string>() << ")\n"
      << "built for: " << join(devices["built_for"].get<std::vector<std::string>>())
      << "; sees: " << join(devices["sees"].get<std::vector<std::string>>()) << "\n"
      << kNotice << "\n";
}

std::vector<std::string> names_of(const std::vector<Command>& commands) {
  std::vector<std::string> names;
  for (const Command& command : commands) names.push_back(command.name);
  return names;
}

/// The flags that a subcommand knows, with their dashes.
std::vector<std::string> flags_of(const CLI::App& subcommand) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : subcommand.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  }
  return flags;
}

/// One line for a command line that could not be parsed.
std::string usage_message(const CLI::App& app, const CLI::ParseError& error,
                          const std::vector<std::string>& arguments) {
  const auto selected = app.get_subcommands();
  if (selected.empty()) {
    const auto word = std::find_if(arguments.begin(), arguments.end(),
                                   [](const std::string& a) { return a.empty() || a[0] != '-'; });
    if (word == arguments.end()) {
      if (!arguments.empty())
        return "unknown option '" + printable(arguments[0]) + "'; see xrayclf --help";
      return "no command given; see xrayclf --help";
    }
    return "unknown command '" + printable(*word) + "'" +
           did_you_mean(*word, names_of(commands())) + "; see xrayclf --help";
  }
  const CLI::App& command = *selected.front();
  const std::string see = "; see xrayclf " + command.get_name() + " --help";
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    for (const std::string& extra : command.remaining()) {
      if (extra.rfind("--", 0) == 0) {
        const std::string name = extra.substr(0, extra.find('='));
        return "unknown option '" + printable(name) + "'" + did_you_mean(name, flags_of(command)) +
               see;
      }
    }
    return "unexpected argument '" + printable(command.remaining().front()) + "'" + see;
  }
  return printable(error.what()) + see;
}

int report(std::ostream& err, ExitCode code, const std::string& message) {
  err << "xrayclf: " << message << "\n";
  return static_cast<int>(code);
}

/// Runs `action` and flushes stdout, so that a full disk behind a redirection is not a success.
void run_action(const Action& action, std::ostream& out) {
  action(out);
  out.flush();
  if (!out) throw IoError(kStdoutFailed);
}

}  // namespace

int run_cli(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
  CLI::App app{
      "Chest X-ray classification: prepare, train, evaluate, predict.\n" + std::string(kNotice),
      "xrayclf"};
  app.footer("xrayclf COMMAND --help shows the options of a command.\n" + exit_code_line());
  Selection selection;
  app.add_flag("--version", selection.version, "Versions, and the devices built for and seen");
  app.add_flag("--json", selection.json, "With --version: as JSON");
  for (const Command& command : commands()) {
    CLI::App* subcommand = app.add_subcommand(command.name, command.summary);
    subcommand->callback(
        [&selection, action = command.bind(*subcommand)] { selection.action = action; });
    add_common_options(*subcommand, selection);
  }
  app.require_subcommand(0, 1);

  std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  try {
    for (const Command& command : commands()) {
      if (arguments.empty() || arguments.front() != command.name) continue;
      std::vector<std::string> booleans;
      for (const FieldDoc& doc : command.describe()) {
        if (doc.kind == FieldKind::boolean) booleans.push_back("--" + doc.path);
      }
      arguments = complete_boolean_flags(std::move(arguments), booleans);
    }
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(std::move(reversed));
    start_logging(selection.quiet ? LogLevel::error : selection.log_level);
    install_signal_handlers();
    if (selection.version) {
      run_action([&](std::ostream& o) { print_version(o, selection.json); }, out);
    } else if (selection.action) {
      run_action(selection.action, out);
    } else {
      return report(err, ExitCode::usage,
                    usage_message(app, CLI::RequiredError("command"), arguments));
    }
    return static_cast<int>(ExitCode::success);
  } catch (const CLI::CallForHelp&) {
    out << help_of(app) << std::flush;
    if (!out) return report(err, ExitCode::io, kStdoutFailed);
    return static_cast<int>(ExitCode::success);
  } catch (const CLI::ParseError& e) {
    return report(err, ExitCode::usage, usage_message(app, e, arguments));
  } catch (const Error& e) {
    return report(err, e.exit_code(), e.what());
  } catch (const std::bad_alloc&) {
    return report(err, ExitCode::resource, "out of memory");
  } catch (const std::exception& e) {
    return report(err, ExitCode::internal,
                  std::string("internal error, please report: ") + e.what());
  }
}

}  // namespace xrayclf

#pragma once

#include <functional>

namespace xrayclf {

/// Runs `write`; where it fails with an IoError, up to twice again after 0.2 and 1 s, with a
/// warning, since a full disk or a network drive may recover. The last failure is thrown. `write`
/// must begin anew each time: after a failed fsync the same file cannot be trusted.
void retry_io(const std::function<void()>& write);

}  // namespace xrayclf

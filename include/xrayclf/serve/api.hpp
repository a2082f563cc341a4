#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "xrayclf/serve/access.hpp"
#include "xrayclf/serve/http_server.hpp"
#include "xrayclf/serve/metrics.hpp"
#include "xrayclf/serve/pipeline.hpp"
#include "xrayclf/serve/served_model.hpp"

namespace xrayclf {

/// What the server offers. POST /predict, /gradcam, /batch and /film wait in the pipeline; all else
/// is answered at once on the I/O thread, however busy the networks are.
class Api : public RequestHandler {
 public:
  Api(const AccessPolicy& access, Metrics& metrics);

  /// Open for work from now on. Models and pipeline outlive all requests.
  void open(const std::vector<std::unique_ptr<ServedModel>>& models, Pipeline& pipeline);
  /// No longer ready; what has begun goes on.
  void close();

  void admit(const RequestHead& head) override;
  void handle(Request request, std::shared_ptr<Waiting> waiting, Reply reply) override;
  std::vector<std::pair<std::string, std::string>> headers_for(const RequestHead& head) override;
  std::string route_of(const RequestHead& head) override;

 private:
  enum class State { loading, ready, stopping };
  void require_ready() const;
  ServedModel& model_of(const Request& request) const;
  Response answer_now(const Request& request) const;
  std::unique_ptr<Job> make_job(const Request& request) const;

  const AccessPolicy& access_;
  Metrics& metrics_;
  std::vector<ServedModel*> models_;
  Pipeline* pipeline_ = nullptr;
  std::atomic<State> state_{State::loading};
};

}  // namespace xrayclf

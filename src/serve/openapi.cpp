#include "xrayclf/serve/openapi.hpp"

#include "routes.hpp"
#include "xrayclf/core/version.hpp"

namespace xrayclf {
namespace {

using nlohmann::ordered_json;

ordered_json reference(const char* name) {
  return {{"$ref", std::string("#/components/schemas/") + name}};
}

ordered_json json_content(const char* schema) {
  return {{"application/json", {{"schema", reference(schema)}}}};
}

const char* summary_of(std::string_view path) {
  if (path == "/") return "The page for people";
  if (path == "/health") return "Whether the server is alive";
  if (path == "/ready") return "Whether the models are loaded and computed their golden samples";
  if (path == "/openapi.json") return "This document";
  if (path == "/metrics") return "Figures for Prometheus";
  if (path == "/model") return "The models, their classes, preprocessing and map methods";
  if (path == "/predict") return "Classify one image";
  if (path == "/batch") return "Classify up to 16 images";
  if (path == "/film") return "The pixels as they were decoded, before preprocessing";
  return "Show where the classifier looks";
}

ordered_json parameter_schema(std::string_view name) {
  if (name == "opacity") return {{"type", "number"}, {"minimum", 0}, {"maximum", 1}};
  if (name == "output") return {{"type", "string"}, {"enum", {"overlay", "heat", "map"}}};
  return {{"type", "string"}};
}

ordered_json success_of(std::string_view path) {
  const ordered_json bytes = {{"schema", {{"type", "string"}, {"format", "binary"}}}};
  if (path == "/predict") return json_content("Prediction");
  if (path == "/batch") return json_content("Batch");
  if (path == "/gradcam") return {{"image/png", bytes}, {"application/octet-stream", bytes}};
  if (path == "/film") return {{"application/octet-stream", bytes}};
  if (path == "/metrics") return {{"text/plain", {{"schema", {{"type", "string"}}}}}};
  if (path == "/") return {{"text/html", {{"schema", {{"type", "string"}}}}}};
  return {{"application/json", {{"schema", {{"type", "object"}}}}}};
}

ordered_json image_body(bool several) {
  const ordered_json file = {{"type", "string"}, {"format", "binary"}};
  const ordered_json files = {{"type", "array"}, {"items", file}, {"maxItems", 16}};
  ordered_json content = {{"multipart/form-data",
                           {{"schema",
                             {{"type", "object"},
                              {"required", {"file"}},
                              {"properties", {{"file", several ? files : file}}}}}}}};
  for (const char* type : {"image/png", "image/jpeg", "application/dicom"}) {
    content[type] = {{"schema", file}};
  }
  return {{"required", true}, {"content", content}};
}

ordered_json operation(const Route& route) {
  ordered_json out = {{"summary", summary_of(route.path)}};
  for (const char* name : route.parameters) {
    out["parameters"].push_back(
        {{"name", name}, {"in", "query"}, {"schema", parameter_schema(name)}});
  }
  if (route.takes_images) {
    out["requestBody"] = image_body(std::string_view(route.path) == "/batch");
  }
  out["responses"]["200"] = {{"description", "Done"}, {"content", success_of(route.path)}};
  out["responses"]["default"] = {{"description", "Why not"}, {"content", json_content("Error")}};
  if (!route.open) out["security"] = ordered_json::array({{{"token", ordered_json::array()}}});
  return out;
}

ordered_json schemas() {
  const ordered_json text = {{"type", "string"}};
  const ordered_json number = {{"type", "number"}};
  ordered_json prediction = {
      {"type", "object"},
      {"required", {"class", "confidence", "probabilities", "model"}},
      {"properties",
       {{"class", text},
        {"confidence", number},
        {"probabilities", {{"type", "object"}, {"additionalProperties", number}}},
        {"image", {{"type", "object"}}},
        {"model", text},
        {"preprocessing_fingerprint", text},
        {"request_id", text},
        {"notice", text}}},
      {"additionalProperties", true}};
  return {{"Prediction", std::move(prediction)},
          {"Batch",
           {{"type", "object"},
            {"properties",
             {{"results", {{"type", "array"}, {"items", {{"type", "object"}}}}},
              {"request_id", text}}}}},
          {"Error",
           {{"type", "object"},
            {"required", {"code", "message", "request_id"}},
            {"properties", {{"code", text}, {"message", text}, {"request_id", text}}}}}};
}

}  // namespace

const ordered_json& openapi() {
  static const ordered_json document = [] {
    ordered_json out = {{"openapi", "3.0.3"},
                        {"info",
                         {{"title", "xrayclf"},
                          {"version", version()},
                          {"description", "Research use only; not a medical device."}}}};
    for (const Route& route : routes()) {
      out["paths"][route.path][std::string_view(route.method) == "GET" ? "get" : "post"] =
          operation(route);
    }
    out["components"] = {
        {"schemas", schemas()},
        {"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}};
    return out;
  }();
  return document;
}

}  // namespace xrayclf

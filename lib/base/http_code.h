#pragma once

// Codes of HTTP answers by the names that Kubernetes gives them (k8s.io/apimachinery, metav1.StatusReason);
// only those that Fairlead tells apart.
namespace fairlead::http_code {

inline constexpr int kOk = 200;
inline constexpr int kBadRequest = 400;
inline constexpr int kUnauthorized = 401;
inline constexpr int kForbidden = 403;
inline constexpr int kNotFound = 404;
inline constexpr int kTimeout = 408;
inline constexpr int kConflict = 409;
inline constexpr int kGone = 410;  // the resourceVersion is too old
inline constexpr int kUnprocessable = 422;
inline constexpr int kTooManyRequests = 429;
inline constexpr int kInternalError = 500;  // and the first of those that blame the server

}  // namespace fairlead::http_code

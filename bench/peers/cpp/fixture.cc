#include "fixture.h"

using namespace curlew::bench::v1;

void FillUser(int64_t id, User* user) {
  user->set_id(id);
  user->set_name("Ada Lovelace");
  user->set_email("ada.lovelace@example.com");
  user->set_bio("Wrote a program before the machine was there.");
  for (const char* tag : {"math", "engines", "poetry"}) user->add_tags(tag);
}

Payload NewPayload(size_t size) {
  Payload payload;
  payload.set_data(std::string(size, 'x'));
  return payload;
}

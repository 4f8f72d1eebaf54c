# Nothing here runs. Each line marked `ruleid` must be found by that rule, each marked `ok` must not.

# ruleid: request-into-query
people.filter(**request.GET.dict())
# ruleid: request-into-query
services.add_entry(child=child, **request.POST)
# ruleid: request-into-query
entries.order_by(request.GET["sort"])
# ok: request-into-query
people.filter(agency=form.cleaned_data["agency"])

# ruleid: unescaped
mark_safe(entry.title)
# ruleid: unescaped
Markup(f"<b>{entry.title}</b>")
# ok: unescaped
Markup("<b>{}</b>").format(entry.title)

# ruleid: sql-from-a-value
cursor.execute("SELECT * FROM people_person WHERE name = '%s'" % name)
# ruleid: sql-from-a-value
Entry.objects.raw(f"SELECT * FROM chronology_entry WHERE title = '{title}'")
# ok: sql-from-a-value
cursor.execute("SELECT * FROM people_person WHERE name = %s", [name])

# ruleid: through-a-shell
subprocess.run("gzip " + name, shell=True)
# ok: through-a-shell
subprocess.run(["gzip", name], check=True)

# ruleid: sent-elsewhere
redirect(request.GET.get("next"))
# ok: sent-elsewhere
redirect(own_page(request.GET.get("next", "")))

# ruleid: unpickled
pickle.loads(body)
# ok: unpickled
json.loads(body)

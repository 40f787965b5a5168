/*-------------------------------------------------------------------------
 *
 * place_rules.c
 *	  Rules about the address of the data, and the network.
 *
 * source_url.c finds faults in a URL or an address.
 *
 * IDENTIFICATION
 *	  src/glue/place_rules.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/rules.h"

#include "glue/source_url.h"
#include "text/ascii.h"
#include "text/json.h"

static void
check_place(const GlueRuleInput *input, const char *key, GlueCheck check,
			GlueUrlCheck find_fault)
{
	static const char blanks[] = " \t\r\n";
	GluePath	path = {&glue_properties_path, key, 0};
	const char *text = glue_json_tree_text(input->properties, key);
	GlueUrlFault fault;

	if (text == NULL || text[0] == '\0')
		return;
	if (strchr(blanks, text[0]) != NULL ||
		strchr(blanks, text[strlen(text) - 1]) != NULL)
		glue_report_check(input->reporter, &path, check,
						  "should not begin or end with a blank");
	if (find_fault(text + strspn(text, blanks), &fault))
		glue_report_check(input->reporter, &path, check, "%s%s%s%s",
						  fault.message, fault.form != NULL ? " \"" : "",
						  fault.form != NULL ? fault.form : "",
						  fault.form != NULL ? "\"" : "");
}

/*
 * Check the addresses of the data.
 */
void
glue_check_address_rules(const GlueRuleInput *input)
{
	if (input->properties == NULL)
		return;
	check_place(input, "JDBC_CONNECTION_URL", GLUE_CHECK_JDBC_URL,
				glue_jdbc_url_fault);
	if (input->type != NULL && glue_rule_is_type(input, "MONGODB"))
		check_place(input, "CONNECTION_URL", GLUE_CHECK_MONGODB_URL,
					glue_mongodb_url_fault);
	check_place(input, "KAFKA_BOOTSTRAP_SERVERS", GLUE_CHECK_KAFKA_SERVERS,
				glue_kafka_servers_fault);
	check_place(input, "HOST", GLUE_CHECK_HOST, glue_host_fault);
}

/*
 * Is this the prefix and then one or more lower-case hexadecimal digits?
 */
static bool
is_resource_id(const char *text, const char *prefix)
{
	const char *digits = glue_skip_prefix(text, prefix);

	return digits != NULL && *digits != '\0' &&
		digits[strspn(digits, "0123456789abcdef")] == '\0';
}

static void
check_security_group(const GlueRuleInput *input, const GluePath *list,
					 size_t index, const char *id)
{
	GluePath	path = {list, NULL, index};
	char		quoted[GLUE_QUOTED_SIZE];

	if (!is_resource_id(id, "sg-"))
		glue_report_check(input->reporter, &path, GLUE_CHECK_RESOURCE_ID,
						  "should be the id of a security group, such as "
						  "\"sg-0a1b2c3d\", but is %s",
						  glue_quote(id, quoted));
}

/*
 * AWS Glue accepts names of subnets and security groups instead of their IDs,
 * and a subnet without its availability zone; jobs then cannot connect.
 */
void
glue_check_network_rules(const GlueRuleInput *input)
{
	GluePath	path = {&glue_root_path, "PhysicalConnectionRequirements", 0};
	GluePath	subnet_path = {&path, "SubnetId", 0};
	GluePath	zone_path = {&path, "AvailabilityZone", 0};
	GluePath	groups_path = {&path, "SecurityGroupIdList", 0};
	const char *subnet = glue_json_tree_text(input->network, "SubnetId");
	const char *zone = glue_json_tree_text(input->network, "AvailabilityZone");
	json_object *groups;
	char		quoted[GLUE_QUOTED_SIZE];

	if (!json_object_is_type(input->network, json_type_object))
		return;
	if (subnet != NULL && !is_resource_id(subnet, "subnet-"))
		glue_report_check(input->reporter, &subnet_path,
						  GLUE_CHECK_RESOURCE_ID,
						  "should be the id of a subnet, such as "
						  "\"subnet-0a1b2c3d\", but is %s",
						  glue_quote(subnet, quoted));
	if (subnet != NULL && zone == NULL)
		glue_report_check(input->reporter, &zone_path,
						  GLUE_CHECK_AVAILABILITY_ZONE,
						  "should be given with SubnetId, because jobs cannot "
						  "use the connection without it");
	groups = json_object_object_get(input->network, "SecurityGroupIdList");
	if (!json_object_is_type(groups, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(groups); i++)
	{
		json_object *group = json_object_array_get_idx(groups, i);

		if (json_object_is_type(group, json_type_string))
			check_security_group(input, &groups_path, i,
								 json_object_get_string(group));
	}
}

package generate

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
)

func TestManaged(t *testing.T) {
	// What managed mode sets by itself, for user/v1/user_account.proto of user.v1.
	const byDefault = `csharp_namespace User.V1
java_multiple_files true
java_outer_classname UserAccountProto
java_package com.user.v1
objc_class_prefix UXX
php_metadata_namespace User\V1\GPBMetadata
php_namespace User\V1
ruby_package User::V1`
	for _, test := range []struct {
		name, managed string
		want          string // differences from byDefault: "-name" or "name value"
	}{
		{"nothing", "", ""},
		{"a go prefix", "override: [{file_option: go_package_prefix, value: example.com/gen}]", "go_package example.com/gen/user/v1;userv1"},
		{
			"the last rule that concerns the file",
			"override: [{file_option: go_package_prefix, value: a.com}, {file_option: go_package_prefix, value: b.com, path: user}, {file_option: go_package_prefix, value: c.com, path: us}]",
			"go_package b.com/user/v1;userv1",
		},
		{
			"a value after a prefix",
			"override: [{file_option: go_package_prefix, value: a.com}, {file_option: go_package, value: b.com/x, path: user/v1/user_account.proto}]",
			"go_package b.com/x",
		},
		{
			"a prefix after a value",
			"override: [{file_option: java_package, value: x}, {file_option: java_package_suffix, value: pb}, {file_option: java_package_prefix, value: net}]",
			"java_package net.user.v1.pb",
		},
		{
			"suffixes",
			"override: [{file_option: ruby_package_suffix, value: Pb}, {file_option: php_metadata_namespace_suffix, value: Meta}, {file_option: csharp_namespace_prefix, value: My}]",
			"ruby_package User::V1::Pb\nphp_metadata_namespace User\\V1\\Meta\ncsharp_namespace My.User.V1",
		},
		{
			"scalars",
			"override: [{file_option: java_multiple_files, value: false}, {file_option: optimize_for, value: LITE_RUNTIME}, {file_option: cc_enable_arenas, value: false}, {file_option: java_string_check_utf8, value: true}]",
			"java_multiple_files\noptimize_for 3\ncc_enable_arenas false\njava_string_check_utf8 true",
		},
		{"others", "override: [{file_option: swift_prefix, value: Abc}, {file_option: objc_class_prefix, value: XYZ}]", "swift_prefix Abc\nobjc_class_prefix XYZ"},
		{
			"disabled options",
			"disable: [{file_option: java_package}, {file_option: ruby_package, path: user}, {file_option: php_namespace, path: other}, {file_option: java_multiple_files}]",
			"java_package\nruby_package\njava_multiple_files",
		},
		{
			"a disabled prefix",
			"disable: [{file_option: java_package_prefix}, {file_option: go_package_prefix}]\n  override: [{file_option: go_package_prefix, value: a.com}, {file_option: java_package_prefix, value: org}]",
			"java_package",
		},
		{
			"a disabled suffix",
			"disable: [{file_option: ruby_package_suffix}]\n  override: [{file_option: ruby_package_suffix, value: Pb}]",
			"",
		},
		{
			"a disabled module",
			"disable: [{module: buf.build/acme/user}]\n  override: [{file_option: go_package_prefix, value: a.com}]",
			"csharp_namespace\njava_multiple_files\njava_outer_classname\njava_package\nobjc_class_prefix\nphp_metadata_namespace\nphp_namespace\nruby_package",
		},
		{"another module", "disable: [{module: buf.build/acme/other}]", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			project(t, map[string]string{
				"buf.gen.yaml": "version: v2\nplugins: [{local: x, out: x}]\nmanaged:\n  enabled: true\n  " + test.managed + "\n",
			})
			f := managedFile{
				&descriptorpb.FileDescriptorProto{Name: proto.String("user/v1/user_account.proto"), Package: proto.String("user.v1")},
				"buf.build/acme/user",
			}
			load(t, "buf.gen.yaml").Managed.apply(f)
			if got, want := optionsOf(f.FileDescriptorProto), changed(byDefault, test.want); !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// changed returns options with some of them replaced, added or, if they have no value,
// removed.
func changed(options, changes string) []string {
	list := strings.Split(options, "\n")
	for change := range strings.Lines(changes) {
		name, value, _ := strings.Cut(strings.TrimSpace(change), " ")
		list = slices.DeleteFunc(list, func(s string) bool { return strings.HasPrefix(s, name+" ") })
		if value != "" {
			list = append(list, name+" "+value)
		}
	}
	slices.Sort(list)
	return list
}

// TestManagedNames checks what is made of packages' and files' names.
func TestManagedNames(t *testing.T) {
	for _, test := range []struct {
		file, pkg, want string
	}{
		{"a.proto", "", "java_multiple_files true\njava_outer_classname AProto"},
		{
			"x/foo-bar.baz.proto", "google.protobuf.bin", `csharp_namespace Google.Protobuf.Bin
java_multiple_files true
java_outer_classname FooBarBazProto
java_package com.google.protobuf.bin
objc_class_prefix GPX
php_metadata_namespace Google\Protobuf\Bin\GPBMetadata
php_namespace Google\Protobuf\Bin
ruby_package Google::Protobuf::Bin`,
		},
		{
			"a.proto", "my_company.Class.v1beta1", `csharp_namespace MyCompany.Class.V1beta1
java_multiple_files true
java_outer_classname AProto
java_package com.my_company.Class.v1beta1
objc_class_prefix MCX
php_metadata_namespace MyCompany\Class_\V1beta1\GPBMetadata
php_namespace MyCompany\Class_\V1beta1
ruby_package MyCompany::Class::V1beta1`,
		},
	} {
		f := managedFile{FileDescriptorProto: &descriptorpb.FileDescriptorProto{Name: &test.file, Package: &test.pkg}}
		new(Managed).apply(f)
		want := strings.Split(test.want, "\n")
		if got := optionsOf(f.FileDescriptorProto); !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// TestManagedReplaces checks that managed mode changes options that stand in the file,
// and go_package_prefix of curlew.yaml does not.
func TestManagedReplaces(t *testing.T) {
	for _, test := range []struct {
		name    string
		managed *Managed
		want    string
	}{
		{"managed", &Managed{override: []managedRule{{option: "go_package_prefix", value: "b.com"}}}, "b.com/x"},
		{"go_package_prefix", goPackagePrefix("b.com"), "a.com"},
	} {
		f := &descriptorpb.FileDescriptorProto{
			Name:    proto.String("x/y.proto"),
			Options: &descriptorpb.FileOptions{GoPackage: proto.String("a.com")},
		}
		test.managed.apply(managedFile{FileDescriptorProto: f})
		if got := f.GetOptions().GetGoPackage(); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
		if test.managed.explicit && f.GetOptions().JavaPackage != nil {
			t.Error("go_package_prefix sets other options")
		}
	}
}

func TestVersionedPackage(t *testing.T) {
	for pkg, want := range map[string]string{
		"user.v1": ";userv1", "a.user.v12": ";userv12", "user.v1beta1": ";userv1beta1", "user.v2alpha": ";userv2alpha",
		"user.v1p1beta1": ";userv1p1beta1", "user.v1testing": ";userv1testing",
		"user": "", "v1": "", "": "", "user.v0": "", "user.version1": "", "user.v": "", "user.v1.admin": "",
	} {
		if got := versionedPackage(pkg); got != want {
			t.Errorf("%s: got %q, want %q", pkg, got, want)
		}
	}
}

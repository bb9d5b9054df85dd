using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;
using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary>Reads and writes configuration files. A key that is not known is an error: a misspelt one would be ignored silently.</summary>
internal static partial class ConfigurationFile
{
    public static BeamlineConfiguration Read(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw UserException.WrongUse($"cannot read the configuration {path}: {e.Message.TrimEnd('.')}", e);
        }

        IDeserializer reader = new DeserializerBuilder().WithDuplicateKeyChecking().Build();
        try
        {
            RefuseEmptyValues(text, path);
            return Complete(
                reader.Deserialize<BeamlineConfiguration?>(text) ?? throw UserException.WrongUse($"{path}: the configuration is empty"), path);
        }
        catch (YamlException e)
        {
            throw UserException.WrongUse($"{path}, line {e.Start.Line}: {Explain(e)}", e);
        }
    }

    /// <summary>What <see cref="Write"/> wrote, as a journal holds it; null where the text is none.</summary>
    public static BeamlineConfiguration? TryParse(string text)
    {
        try
        {
            return new DeserializerBuilder().IgnoreUnmatchedProperties().Build().Deserialize<BeamlineConfiguration?>(text);
        }
        catch (YamlException)
        {
            return null;
        }
    }

    /// <summary>The configuration with all defaults written out.</summary>
    public static string Write(BeamlineConfiguration configuration) =>
        new SerializerBuilder().ConfigureDefaultValuesHandling(DefaultValuesHandling.OmitNull).Build().Serialize(configuration);

    // What the file leaves open, pyFAI's configuration says, and then the defaults.
    private static BeamlineConfiguration Complete(BeamlineConfiguration configuration, string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        configuration.Integration = configuration.Integration
            .Over(SetUp.PyFai(configuration, folder)?.Integration)
            .Over(IntegrationSection.Default());
        return configuration;
    }

    // "key:" without a value would quietly become nothing, 0 or false, whatever the default is.
    private static void RefuseEmptyValues(string text, string path)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        foreach ((YamlNode key, YamlNode value) in yaml.Documents.SelectMany(d => d.AllNodes).OfType<YamlMappingNode>().SelectMany(m => m))
        {
            if (value is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" })
            {
                throw UserException.WrongUse($"{path}, line {key.Start.Line}: the key '{key}' has no value: give one, or leave the key out");
            }
        }
    }

    private static string Explain(YamlException e)
    {
        Match unknown = UnknownKey().Match(e.Message);
        if (unknown.Success)
        {
            string section = unknown.Groups[2].Value is nameof(BeamlineConfiguration)
                ? "the top level"
                : unknown.Groups[2].Value.Replace("Section", "", StringComparison.Ordinal).ToLowerInvariant() + ":";
            return $"the key '{unknown.Groups[1].Value}' is not known in {section}; known are {KnownKeys(unknown.Groups[2].Value)}";
        }

        string reason = e.InnerException?.Message ?? e.Message;
        return reason.TrimEnd('.');
    }

    private static string KnownKeys(string section)
    {
        Type? type = typeof(BeamlineConfiguration).Assembly.GetType($"{typeof(BeamlineConfiguration).Namespace}.{section}");
        IEnumerable<string?> keys = type?.GetProperties()
            .Select(p => ((YamlMemberAttribute?)Attribute.GetCustomAttribute(p, typeof(YamlMemberAttribute)))?.Alias) ?? [];
        return string.Join(", ", keys);
    }

    [GeneratedRegex(@"Property '([^']*)' not found on type '(?:[^']*\.)?([A-Za-z]+)'")]
    private static partial Regex UnknownKey();
}

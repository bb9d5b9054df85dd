using System.Text.Json;
using System.Text.Json.Serialization;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Storage.Files;

namespace XrdCt.Live.Storage.Journal;

/// <summary>
/// Which slice of a stack comes next, should the process be killed: <c>TITLE.stack</c> beside the results, while a stack is measured. Between
/// two slices there is no journal that could tell.
/// </summary>
/// <param name="Fingerprint">Fingerprint of the stack's first slice.</param>
/// <param name="Next">Number of the slice that follows the one whose journal was begun last, from 1; beyond the last one where the stack
/// has ended.</param>
/// <param name="Layout">How the slices come, as far as it is known.</param>
/// <param name="SeriesId">Series of the slice whose journal was begun last.</param>
public sealed record StackProgress(string Fingerprint, int Next, SliceLayout Layout, long SeriesId)
{
    /// <summary>Extension of the file's name.</summary>
    public const string Extension = ".stack";

    private const int LargestFile = 4096;

    private static readonly JsonSerializerOptions Options = new()
    {
        Converters = { new JsonStringEnumConverter() },
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    /// <summary>Where the progress of a stack stands.</summary>
    public static string PathOf(string folder, string title) => Path.Combine(Path.GetFullPath(folder), ResultName.Title(title) + Extension);

    /// <summary>Reads it.</summary>
    /// <returns>Null where there is none.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static StackProgress? Read(string folder, string title)
    {
        string path = PathOf(folder, title);
        try
        {
            if (!File.Exists(path))
            {
                return null;
            }

            return new FileInfo(path).Length <= LargestFile
                && JsonSerializer.Deserialize<StackProgress>(File.ReadAllText(path), Options) is { Next: > 0 } progress
                ? progress
                : throw new JsonException();
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{path}' does not say which slice of the stack comes next: remove it to begin with the first", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"'{path}' cannot be read: check its permissions", e);
        }
    }

    /// <summary>Writes it, durably, over what was there.</summary>
    /// <exception cref="IOException">It cannot be written; the message names the path and the remedy.</exception>
    public void Write(string folder, string title)
    {
        string path = PathOf(folder, title);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using PartFile part = PartFile.Start(path, reuse: true);
            JsonSerializer.Serialize(part.Stream, this, Options);
            part.Publish(path, overwrite: true);
        }
        catch (Exception fault) when (WriteFailure.IsFileFault(fault))
        {
            throw WriteFailure.Explain("the progress of the stack", path, fault);
        }
    }

    /// <summary>Removes it: the stack has ended.</summary>
    /// <exception cref="IOException">It cannot be removed.</exception>
    public static void Remove(string folder, string title)
    {
        string path = PathOf(folder, title);
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // Nor is the file.
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"'{path}' cannot be removed: check its permissions", e);
        }
    }
}

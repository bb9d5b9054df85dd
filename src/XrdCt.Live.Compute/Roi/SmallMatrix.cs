namespace XrdCt.Live.Compute.Roi;

/// <summary>Square matrices of as many rows as a registration has parameters.</summary>
internal static class SmallMatrix
{
    /// <summary>Gauss–Jordan with row pivots, on the matrix scaled to a diagonal of magnitude 1; null where it is singular.</summary>
    public static double[,]? Inverse(double[,] matrix)
    {
        int n = matrix.GetLength(0);
        double[] units = [.. Enumerable.Range(0, n).Select(i => Math.Sqrt(Math.Abs(matrix[i, i])))];
        if (!units.All(u => u > 0 && double.IsFinite(u)))
        {
            return null;
        }

        var a = new double[n, 2 * n];
        for (int i = 0; i < n; i++)
        {
            a[i, n + i] = 1;
            for (int k = 0; k < n; k++)
            {
                a[i, k] = matrix[i, k] / (units[i] * units[k]);
            }
        }

        for (int column = 0; column < n; column++)
        {
            int pivot = Enumerable.Range(column, n - column).MaxBy(i => Math.Abs(a[i, column]));
            if (!(Math.Abs(a[pivot, column]) > 1e-9))
            {
                return null;
            }

            for (int k = 0; k < 2 * n; k++)
            {
                (a[column, k], a[pivot, k]) = (a[pivot, k], a[column, k]);
            }

            for (int i = 0; i < n; i++)
            {
                double factor = i == column ? 0 : a[i, column] / a[column, column];
                for (int k = 0; k < 2 * n; k++)
                {
                    a[i, k] -= factor * a[column, k];
                }
            }
        }

        var inverse = new double[n, n];
        for (int i = 0; i < n * n; i++)
        {
            inverse[i / n, i % n] = a[i / n, n + (i % n)] / (a[i / n, i / n] * units[i / n] * units[i % n]);
        }

        return inverse;
    }

    /// <summary><c>A·B·Aᵀ</c>.</summary>
    public static double[,] Sandwich(double[,] a, double[,] b)
    {
        int n = a.GetLength(0);
        var sandwich = new double[n, n];
        for (int i = 0; i < n * n; i++)
        {
            for (int k = 0; k < n * n; k++)
            {
                sandwich[i / n, i % n] += a[i / n, k / n] * b[k / n, k % n] * a[i % n, k % n];
            }
        }

        return sandwich;
    }
}
